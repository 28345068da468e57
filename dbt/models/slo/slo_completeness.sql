{{ config(
    materialized='incremental', incremental_strategy='insert_overwrite', meta={'days_of': 'polls'},
    partition_by={'field': 'polled_at', 'data_type': 'timestamp', 'granularity': 'day'},
    on_schema_change='append_new_columns'
) }}

-- Of the pairs that the exchanges claim, how many each sweep of all markets brought.
select
    polls.snapshot_id,
    polls.polled_at,
    polls.pairs_got,
    polls.pairs_claimed,
    round(100.0 * safe_divide(polls.pairs_got, polls.pairs_claimed), 4) as pairs_percent,
    polls.exchanges_got,
    polls.exchanges_claimed,
    polls.volume_got_usd,
    polls.volume_claimed_usd,
    round(
        100.0 * safe_divide(
            cast(polls.volume_got_usd as float64), cast(polls.volume_claimed_usd as float64)
        ),
        4
    ) as volume_percent,
    loads.loaded_at
from {{ ref('stg_polls') }} as polls
inner join {{ source('raw', 'load_log') }} as loads
    on date(polls.polled_at) = loads.day and loads.table_name = 'polls'
where
    {{ on_changed_days('polls.polled_at') }}
    and polls.kind = 'sweep'
    and polls.endpoint = 'markets'
qualify row_number() over (partition by polls.snapshot_id order by polls.polled_at desc) = 1
