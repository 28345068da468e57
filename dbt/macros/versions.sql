{#- History (SCD2) made of daily states. It depends on what was reported alone, not on the order
    in which days were loaded, so a late day falls into its place; dbt's snapshots beside it
    keep what was known when. -#}

{#- The newest row of each key among the polls of each UTC day, with when the day was loaded.
    Whatever is newest of all is newest of its day, so latest_* read these few rows. -#}
{% macro last_of_day(table, key, before=[]) -%}
    select
        days.*,
        loads.loaded_at
    from {{ ref('stg_' ~ table) }} as days
    inner join {{ source('raw', 'load_log') }} as loads
        on date(days.polled_at) = loads.day and loads.table_name = '{{ table }}'
    where {{ on_changed_days('days.polled_at') }}
    {{ newest(key + ['date(polled_at)'], before) }}
{%- endmacro %}

{#- A version begins where a tracked column differs from the day before, and ends at the next.
    `news` names the time by which latest_* order first: a day whose news are older than a day's
    before it brought nothing new, and is passed over, so that both agree on what holds now. -#}
{% macro versions(days, key, tracked, news=none) -%}
    {%- set state -%}
        to_json_string(struct({{ tracked | join(', ') }}))
    {%- endset -%}
    with reported as (

        select
            *
            {%- if news %},
            max({{ news }}) over (
                partition by {{ key }} order by polled_at
                rows between unbounded preceding and 1 preceding
            ) as newest_before
            {%- endif %}
        from {{ ref(days) }}
        where polled_at >= timestamp '2010-01-01'

    ),

    states as (

        select
            *,
            {{ state }} as state,
            lag({{ state }}) over (partition by {{ key }} order by polled_at) as state_before
        from reported
        {% if news -%}
        where coalesce({{ news }} >= newest_before, newest_before is null)
        {%- endif %}

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
