"""The broker goes away and comes back, before the load has ended."""

from chaos.point import TICKS
from chaos.registry import fault


@fault("the broker is killed while messages come in", "it is started again")
def broker_killed(point):
    with point.loading(TICKS + 4) as load:
        point.pause(0.5, 4)
        load.must_be_on()
        point.deployment.broker.kill()
        point.pause(0.5, 4)
        point.deployment.broker.start()
        point.lifted()


@fault("the broker stands still, its connections open", "it goes on")
def broker_stopped(point):
    with point.loading(TICKS + 4) as load:
        point.pause(0.5, 4)
        load.must_be_on()
        point.deployment.broker.pause()
        point.pause(3, 12)
        point.deployment.broker.resume()
        point.lifted()
