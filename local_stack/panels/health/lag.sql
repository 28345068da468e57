select
    query,
    topic,
    lag_offsets as messages_left,
    lag_s as lag,
    rows_per_s,
    age_s as measured
from market.v1_stream_lag
order by lag_offsets desc, query, topic;
