"""The broker goes away and comes back."""

from chaos.registry import fault


@fault("the broker is killed while messages come in", "it is started again")
def broker_killed(point):
    with point.loading():
        point.pause(0.5, 4)
        point.deployment.broker.kill()
        point.pause(0.5, 4)
        point.deployment.broker.start()
        point.lifted()


@fault("the broker stands still, its connections open", "it goes on")
def broker_stopped(point):
    with point.loading():
        point.pause(0.5, 4)
        point.deployment.broker.pause()
        point.pause(3, 12)
        point.deployment.broker.resume()
        point.lifted()
