-- CoinCap credits spent per month, against the budget.
select
    date_trunc(date(polled_at), month) as month,
    endpoint,
    count(*) as calls,
    sum(credits) as credits,
    sum(sum(credits)) over (partition by date_trunc(date(polled_at), month)) as credits_of_month,
    {{ env_var('COINCAP_CREDITS_PER_MONTH', '4000') | int }} as budget
from {{ ref('stg_polls') }}
where polled_at >= timestamp '2010-01-01' and kind = 'page'
group by 1, 2
