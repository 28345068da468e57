select *
from {{ ref('stg_rates') }}
where {{ in_last_days('polled_at', 'rates') }}
qualify row_number() over (
    partition by id order by polled_at desc, snapshot_id desc, value_md5 desc
) = 1
