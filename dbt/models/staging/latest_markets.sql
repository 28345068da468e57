select *
from {{ ref('stg_markets') }}
where {{ in_last_days('polled_at', 'markets', 1) }}
qualify row_number() over (
    partition by exchange_id, base_id, quote_id
    order by updated desc, polled_at desc, snapshot_id desc, value_md5 desc
) = 1
