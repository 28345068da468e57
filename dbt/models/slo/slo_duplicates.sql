-- Copies of messages (delivery is at least once); the tables know each message once.
select
    topic,
    date(hour_start) as day,
    sum(messages) as messages,
    sum(messages - distinct_messages) as copies,
    safe_divide(sum(messages - distinct_messages), sum(messages)) as share_of_copies
from {{ ref('stg_message_hours') }}
group by 1, 2
