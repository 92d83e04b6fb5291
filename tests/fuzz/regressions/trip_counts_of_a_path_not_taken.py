"""Second derivatives of a loop in an arm: the trip counts that the arm records are items of a list that may be empty."""


def program(x, y):
    for _ in range(1):
        if x > 0.2113:
            continue
        h = 1.0 + x * x
        while h > 0.3117:
            h = h * 0.5
            k = 0
            while k < 1 and x > 0.2113:
                k += 1
                y -= x + h
    return x + y


ARGS = (0.411, -1.377)
