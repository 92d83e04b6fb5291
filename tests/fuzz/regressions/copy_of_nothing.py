"""What an arm leaves without a value is not copied."""


def program(x, y):
    if (x + x) > x + 0.2113:
        x, y = y, x
        if x < x + 0.2113:
            return x
        if x > 0.2113:
            x = y
    else:
        if x > 0.2113:
            return x
    return x + y


ARGS = (-0.953, -0.889)
