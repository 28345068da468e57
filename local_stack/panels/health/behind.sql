select max(behind_s) as behind_s
from market.v1_stream_health
where query = 'serve'
having max(behind_s) is not null;
