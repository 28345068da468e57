{#- Days of a raw table that this model lacks or holds in an older state, as literals, so that
    BigQuery reads and replaces their partitions alone. The model keeps, per row, when its day was
    put into the raw table (`loaded_at`). Where nothing changed, a day before all data stands for
    it; empty at the first build, which takes every day. -#}
{% macro changed_days() -%}
    {%- if not execute or not is_incremental() -%}{{ return([]) }}{%- endif -%}
    {%- set query -%}
        select coalesce(loads.day, mine.day) as day
        from (
            select day, loaded_at
            from {{ source('raw', 'load_log') }}
            where table_name = '{{ config.require('meta').days_of }}'
        ) as loads
        full outer join (
            select date({{ config.require('partition_by').field }}) as day, max(loaded_at) as loaded_at
            from {{ this }}
            where {{ config.require('partition_by').field }} >= {{ first_day() }}
            group by 1
        ) as mine on loads.day = mine.day
        where coalesce(mine.loaded_at < loads.loaded_at, true)
        order by 1
    {%- endset -%}
    {%- set literals = [] -%}
    {%- for day in run_query(query).columns[0].values() -%}
        {%- do literals.append(day_literal(day)) -%}
    {%- endfor -%}
    {{ return(literals or [day_literal('2009-01-01')]) }}
{%- endmacro %}

{% macro day_literal(day) -%}
    {{ config.require('partition_by').data_type }} '{{ day }}'
{%- endmacro %}

{#- Before all data; a constant, because BigQuery takes no other partition filter. -#}
{% macro first_day() -%}
    {{ config.require('partition_by').data_type }} '2010-01-01'
{%- endmacro %}

{#- The condition that bounds a first build by a constant and a later one by the changed days. -#}
{% macro on_changed_days(column) -%}
    {{ column }} >= {{ first_day() }}
    {%- set days = changed_days() -%}
    {%- if days %} and date({{ column }}) in (
        {%- for day in days -%}date({{ day }}){{ ', ' if not loop.last }}{%- endfor -%}
    ){% endif %}
{%- endmacro %}

{#- dbt's own insert_overwrite takes its partitions from the project file or from the new rows;
    here they are those that the compiled select names (asked for a second time, they could be
    others), so that a day which left the raw table goes too. -#}
{% macro bq_generate_incremental_insert_overwrite_build_sql(
    tmp_relation, target_relation, sql, unique_key, partition_by, partitions, dest_columns,
    tmp_relation_exists, copy_partitions
) -%}
    {%- set literals = modules.re.findall(day_literal('[0-9-]+'), sql) -%}
    {%- set days = literals | reject('equalto', first_day()) | unique | list -%}
    {{ return(bq_static_insert_overwrite_sql(
        tmp_relation, target_relation, sql, partition_by, days, dest_columns,
        tmp_relation_exists, false
    )) }}
{%- endmacro %}
