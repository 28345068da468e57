{#- The days of a raw table that were put in place within a day of its last load, as literals: what a
    test has not seen before. All days at the first load, none where nothing is loaded. -#}
{% macro on_fresh_days(column, table) -%}
    {%- set log = source('raw', 'load_log') -%}
    {%- if execute and load_relation(log) -%}
        {%- set query -%}
            select cast(day as string)
            from {{ log }}
            where
                table_name = '{{ table }}'
                and loaded_at > (
                    select timestamp_sub(max(loaded_at), interval 1 day)
                    from {{ log }}
                    where table_name = '{{ table }}'
                )
            order by day
        {%- endset -%}
        {%- set days = run_query(query).columns[0].values() -%}
    {%- endif -%}
    {%- if days -%}
        {{ column }} >= timestamp '{{ days[0] }}' and date({{ column }}) in (
        {%- for day in days -%}date '{{ day }}'{{ ', ' if not loop.last }}{%- endfor -%}
        )
    {%- else -%}
        {{ column }} >= timestamp '2010-01-01'
    {%- endif -%}
{%- endmacro %}
