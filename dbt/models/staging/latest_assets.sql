select *
from {{ ref('stg_assets') }}
where {{ in_last_days('polled_at', 'assets') }}
qualify row_number() over (
    partition by id order by polled_at desc, snapshot_id desc, value_md5 desc
) = 1
