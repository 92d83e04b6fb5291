"""The tangent of a whole number in a list is 0.0."""


def program(x, l):
    l = l + [3, 4]
    for _ in range(1):
        if sum(l) > 0.2113:
            l[0] = x
    l.append(3)
    l.insert(0, 7)
    return x + sum(l) * l[1]


ARGS = (0.411, [-0.691, -1.377])
