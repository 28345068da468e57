{#- History (SCD2) made of daily states. It depends on what was reported alone, not on the order
    in which days were loaded, so a late day falls into its place; dbt's snapshots beside it
    keep what was known when. -#}

{#- The last row of each key and UTC day, with when the day was loaded. -#}
{% macro last_of_day(table, key, columns) -%}
    select
        days.{{ key }},
        {% for column in columns -%}
        days.{{ column }},
        {% endfor -%}
        days.polled_at,
        loads.loaded_at
    from {{ ref('stg_' ~ table) }} as days
    inner join {{ source('raw', 'load_log') }} as loads
        on date(days.polled_at) = loads.day and loads.table_name = '{{ table }}'
    where {{ on_changed_days('days.polled_at') }}
    qualify row_number() over (
        partition by days.{{ key }}, date(days.polled_at)
        order by days.polled_at desc, days.snapshot_id desc, days.value_md5 desc
    ) = 1
{%- endmacro %}

{#- A version begins where a tracked column differs from the day before, and ends at the next. -#}
{% macro versions(days, key, tracked) -%}
    {%- set state -%}
        to_json_string(struct({{ tracked | join(', ') }}))
    {%- endset -%}
    with states as (

        select
            *,
            {{ state }} as state,
            lag({{ state }}) over (partition by {{ key }} order by polled_at) as state_before
        from {{ ref(days) }}
        where polled_at >= timestamp '2010-01-01'

    ),

    begins as (

        select
            *,
            lead(polled_at) over (partition by {{ key }} order by polled_at) as valid_to
        from states
        where state_before is null or state != state_before

    )

    select
        to_hex(md5(concat({{ key }}, '|', cast(unix_millis(polled_at) as string)))) as version_id,
        {{ key }},
        {% for column in tracked -%}
        {{ column }},
        {% endfor -%}
        polled_at as valid_from,
        valid_to,
        valid_to is null as is_current
    from begins
{%- endmacro %}
