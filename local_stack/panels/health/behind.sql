select max(lag_s) as behind_s
from market.v1_stream_lag
where query = 'serve'
having count(lag_s) > 0;
