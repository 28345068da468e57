-- How long before its poll CoinCap last heard of an exchange, in seconds.
select
    exchange_id as subject,
    extract(epoch from polled_at - updated) as value,
    extract(epoch from polled_at - updated) as lingering,
    format(
        '%%s was last updated at %%s UTC, %%s min before its poll; its 24 h volume was %%s million USD',
        name, to_char(updated at time zone 'UTC', 'YYYY-MM-DD HH24:MI'),
        round(extract(epoch from polled_at - updated) / 60), round(volume_usd / 1000000, 1)
    ) as message
from market.exchanges
where volume_usd >= %(least_volume_usd)s
    and updated < polled_at - make_interval(secs => %(close_below)s)
    and updated > polled_at - make_interval(hours => %(forget_h)s)
