-- Refused rows by reason and day, and what part of all rows they are.
with refused as (

    select
        date(arrived_at) as day,
        source,
        reason,
        field,
        endpoint,
        count(*) as dead_letters
    from {{ ref('stg_dead_letters') }}
    where arrived_at >= timestamp '2010-01-01'
    group by 1, 2, 3, 4, 5

),

accepted as (

    select
        date(arrived_at) as day,
        endpoint,
        sum(rows_received) as rows_received
    from {{ ref('stg_polls') }}
    where polled_at >= timestamp '2010-01-01' and kind = 'page'
    group by 1, 2

)

select
    refused.*,
    accepted.rows_received,
    safe_divide(refused.dead_letters, accepted.rows_received) as share_of_rows
from refused
left join accepted on refused.day = accepted.day and refused.endpoint = accepted.endpoint
