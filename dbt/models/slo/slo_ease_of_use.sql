-- From a fresh clone to the first chart: what the demo noted of its own runs.
select
    began_at,
    commands,
    seconds
from {{ ref('stg_first_charts') }}
