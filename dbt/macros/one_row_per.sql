{#- A model's grain: no two rows agree in these columns. Of a large model, only the days of its
    `time` are read that were loaded lately into the raw table `fresh`. -#}
{% test one_row_per(model, columns, time=none, fresh=none) -%}
    select {{ columns | join(', ') }}
    from {{ model }}
    {% if fresh -%}
    where {{ on_fresh_days(time, fresh) }}
    {% endif -%}
    group by {{ columns | join(', ') }}
    having count(*) > 1
{%- endtest %}
