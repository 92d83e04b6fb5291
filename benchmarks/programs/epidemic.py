"""How badly a model of an epidemic in age groups explains the weekly counts of a hospital."""
import numpy as np


def program(theta, contacts, population, admissions, days_per_week=7):
    """Negative log-likelihood of the admissions by age group and week.

    theta: log of transmission, of its fall in lockdown, of the rates of onset and recovery,
    of the share that is admitted by age group, and of the initial infections.
    """
    groups = len(population)
    transmission = np.exp(theta[0])
    lockdown = 1.0 / (1.0 + np.exp(-theta[1]))
    onset = np.exp(theta[2])
    recovery = np.exp(theta[3])
    share = 1.0 / (1.0 + np.exp(-theta[4:4 + groups]))

    susceptible = population.copy()
    exposed = np.zeros(groups)
    infectious = np.zeros(groups)
    removed = np.zeros(groups)
    for g in range(groups):
        seed = np.exp(theta[4 + groups]) * population[g] / np.sum(population)
        infectious[g] = seed
        susceptible[g] -= seed

    total = 0.0
    day = 0
    force = np.zeros(groups)
    for week in range(len(admissions)):
        arrivals = np.zeros(groups)
        for _ in range(days_per_week):
            level = transmission
            if day >= 30:
                level = transmission * lockdown
            elif day >= 20:
                fade = (day - 20) / 10.0
                level = transmission * (1.0 - fade * (1.0 - lockdown))
            force[:] = 0.0
            for g in range(groups):
                for other in range(groups):
                    force[g] += contacts[g, other] * infectious[other] / population[other]
            infections = level * force * susceptible
            onsets = onset * exposed
            recoveries = recovery * infectious
            susceptible -= infections
            exposed += infections - onsets
            infectious += onsets - recoveries
            removed += recoveries
            arrivals += share * onsets
            day += 1
        for g in range(groups):
            expected = arrivals[g] + 1e-6
            total += expected - admissions[week, g] * np.log(expected)
    return total


def example():
    """Three groups and ten weeks."""
    contacts = np.array([[8.0, 3.0, 1.0], [3.0, 6.0, 2.0], [1.0, 2.0, 3.0]])
    admissions = np.random.default_rng(0).poisson(20.0, size=(10, 3)).astype(float)
    theta = np.array([-3.0, -0.5, -1.5, -2.0, -3.0, -2.5, -1.5, 3.0])
    return theta, contacts, np.array([2e5, 5e5, 1e5]), admissions
