-- Refused rows by reason and day of their poll (of arrival, where they name none), and what part
-- of the rows polled on that day they are.
with refused as (

    select
        date(coalesce(polled_at, arrived_at)) as day,
        source,
        reason,
        field,
        endpoint,
        count(*) as dead_letters
    from {{ ref('stg_dead_letters') }}
    where arrived_at >= timestamp '2010-01-01'
    group by 1, 2, 3, 4, 5

),

polled as (

    select
        date(hour_start) as day,
        endpoint,
        sum(rows_received) as rows_received
    from {{ ref('slo_api_latency') }}
    group by 1, 2

)

select
    refused.*,
    polled.rows_received,
    safe_divide(refused.dead_letters, cast(polled.rows_received as float64)) as share_of_rows
from refused
left join polled on refused.day = polled.day and refused.endpoint = polled.endpoint
