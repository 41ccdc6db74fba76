"""Learning rate over time. Time is the progress of training in epochs, a float: 2.5 is half-way through the third."""


def constant(epoch: float, epochs: int, every: int) -> float:
    """Return the factor 1 at all times."""
    return 1.0


def halve(epoch: float, epochs: int, every: int) -> float:
    """Halve the rate after every `every` epochs."""
    return 0.5 ** (int(epoch) // every)


def exponential(epoch: float, epochs: int, every: int) -> float:
    """Fall as e^(-k t), with k such that the rate is halved in `every` epochs: `halve` without its steps."""
    return float(0.5 ** (epoch / every))


def linear(epoch: float, epochs: int, every: int) -> float:
    """Fall in a straight line from 1 to 0 at the end of the last epoch."""
    return max(0.0, 1 - epoch / epochs)


def cyclic(epoch: float, epochs: int, every: int) -> float:
    """Rise in a straight line from 0.1 to 1 and fall back, once in `every` epochs (Smith 2017, triangular)."""
    return 1 - 0.9 * abs(2 * (epoch / every % 1) - 1)


#: Factors on the learning rate by their name in a configuration.
SCHEDULES = {"constant": constant, "halve": halve, "exponential": exponential, "linear": linear, "cyclic": cyclic}
