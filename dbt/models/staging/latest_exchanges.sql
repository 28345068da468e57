select *
from {{ ref('stg_exchanges') }}
where {{ in_last_days('polled_at', 'exchanges') }}
qualify row_number() over (
    partition by exchange_id order by updated desc, polled_at desc, snapshot_id desc, value_md5 desc
) = 1
