"""Dynamic programming: alignments, hidden Markov models, decisions."""
import math

import numpy as np

from ._helpers import logsumexp

TRANSITIONS = ["match", "insert", "delete"]


def soft_min(values, gamma):
    return -gamma * logsumexp([-v / gamma for v in values])


def soft_dtw(a, b, gamma):
    """Soft dynamic time warping between two series."""
    n, m = len(a), len(b)
    r = np.full((n + 1, m + 1), 1e6)
    r[0, 0] = 0.0
    for i in range(1, n + 1):
        for j in range(1, m + 1):
            cost = (a[i - 1] - b[j - 1]) ** 2
            r[i, j] = cost + soft_min([r[i - 1, j], r[i, j - 1], r[i - 1, j - 1]], gamma)
    return r[n, m]


def dtw(a, b, window=2):
    """Hard dynamic time warping in a band, with two rolling rows as lists."""
    previous = [0.0] + [math.inf] * len(b)
    for i, x in enumerate(a):
        current = [math.inf] * (len(b) + 1)
        for j in range(max(0, i - window), min(len(b), i + window + 1)):
            best = min(previous[j], previous[j + 1], current[j])
            current[j + 1] = abs(x - b[j]) ** 1.5 + best
        previous = current
    return previous[-1]


def soft_edit_distance(costs, source, target, temperature=0.3):
    """costs: a dict of floats; source and target: strings."""
    table = [[0.0] * (len(target) + 1) for _ in range(len(source) + 1)]
    for i in range(1, len(source) + 1):
        table[i][0] = table[i - 1][0] + costs["delete"]
    for j in range(1, len(target) + 1):
        table[0][j] = table[0][j - 1] + costs["insert"]
    for i in range(1, len(source) + 1):
        for j in range(1, len(target) + 1):
            change = 0.0 if source[i - 1] == target[j - 1] else costs["match"]
            options = {
                "match": table[i - 1][j - 1] + change,
                "insert": table[i][j - 1] + costs["insert"],
                "delete": table[i - 1][j] + costs["delete"],
            }
            table[i][j] = soft_min([options[name] for name in TRANSITIONS], temperature)
    return table[-1][-1]


def hmm_forward(log_start, log_trans, log_emit, observations):
    """Log likelihood by the scaled forward algorithm, over integer observations."""
    start = np.exp(log_start) / np.sum(np.exp(log_start))
    trans = np.exp(log_trans)
    trans = trans / trans.sum(axis=1)[:, None]
    emit = np.exp(log_emit)
    emit = emit / emit.sum(axis=1)[:, None]
    alpha = start * emit[:, observations[0]]
    loglik = 0.0
    for obs in observations[1:]:
        scale = alpha.sum()
        loglik += np.log(scale)
        alpha = (alpha / scale) @ trans * emit[:, obs]
    return loglik + np.log(alpha.sum())


def viterbi_score(log_trans, log_emit):
    """Score of the best path: maxima on a well-defined side, and a trace back."""
    steps, states = log_emit.shape
    score = log_emit[0].copy()
    back = np.zeros((steps, states), dtype=int)
    for t in range(1, steps):
        new = np.empty(states)
        for s in range(states):
            candidates = score + log_trans[:, s]
            back[t, s] = np.argmax(candidates)
            new[s] = candidates[back[t, s]] + log_emit[t, s]
        score = new
    state = int(np.argmax(score))
    total = score[state]
    switches = 0
    for t in range(steps - 1, 0, -1):
        before = back[t, state]
        switches += before != state
        state = before
    return total * (1.0 + 0.1 * switches)


def crf_negative_log_likelihood(unary, pairwise, labels):
    """Linear-chain conditional random field, vectorised log-sum-exp per step."""
    alpha = unary[0]
    for t in range(1, unary.shape[0]):
        scores = alpha[:, None] + pairwise + unary[t][None, :]
        top = scores.max(axis=0)
        alpha = top + np.log(np.exp(scores - top).sum(axis=0))
    top = alpha.max()
    log_z = top + np.log(np.exp(alpha - top).sum())
    gold = unary[np.arange(len(labels)), labels].sum() + pairwise[labels[:-1], labels[1:]].sum()
    return log_z - gold


def soft_value_iteration(rewards, discount, sweeps=8):
    """A grid world with a soft maximum over the moves; walls are skipped."""
    rows, cols = rewards.shape
    value = np.zeros((rows, cols))
    for _ in range(sweeps):
        new = np.zeros((rows, cols))
        for i in range(rows):
            for j in range(cols):
                moves = []
                for di, dj in ((0, 1), (1, 0), (0, -1), (-1, 0)):
                    if 0 <= i + di < rows and 0 <= j + dj < cols:
                        moves.append(discount * value[i + di, j + dj])
                new[i, j] = rewards[i, j] + logsumexp(moves)
        value = new
    return value[0, 0]


def longest_path(weights, graph, node):
    """Recursion over a graph of dicts, with a memo."""
    memo = {}

    def best(at):
        if at in memo:
            return memo[at]
        if not graph[at]:
            return 0.0
        result = max(weights[at, to] + best(to) for to in graph[at])
        memo[at] = result
        return result

    return best(node) ** 2


def consumption_plan(wealth, income, beta, rate, periods):
    """Backward induction of linear consumption rules, then the forward simulation."""
    shares = [1.0]
    for _ in range(periods - 1):
        mpc = shares[-1]
        shares.append(mpc / (mpc + beta ** 0.5 * (1.0 + rate) ** -0.5))
    utility = 0.0
    for t, share in enumerate(reversed(shares)):
        consumption = share * (wealth + income)
        utility += beta ** t * math.log(consumption)
        wealth = (1.0 + rate) * (wealth + income - consumption)
    return utility


def _series_args():
    rng = np.random.default_rng(0)
    return rng.normal(size=5), rng.normal(size=4), 0.5


def _single_series_args():
    return np.array([0.3]), np.array([1.1]), 0.5


def _dtw_args():
    return [0.1, 0.9, 2.1, 2.8, 1.7], [0.3, 1.2, 1.9, 3.1, 1.2]


def _edit_args():
    return {"match": 1.0, "insert": 0.7, "delete": 0.9}, "kitten", "sitting"


def _edit_empty_args():
    return {"match": 1.0, "insert": 0.7, "delete": 0.9}, "", "abc"


def _hmm_args():
    rng = np.random.default_rng(1)
    return rng.normal(size=3), rng.normal(size=(3, 3)), rng.normal(size=(3, 4)), [0, 2, 1, 3, 3, 0]


def _viterbi_args():
    rng = np.random.default_rng(2)
    return rng.normal(size=(3, 3)), 2.0 * rng.normal(size=(5, 3))


def _crf_args():
    rng = np.random.default_rng(3)
    return rng.normal(size=(5, 3)), rng.normal(size=(3, 3)), np.array([0, 2, 1, 1, 0])


def _grid_args():
    return np.random.default_rng(4).normal(size=(3, 4)), 0.9


def _grid_row_args():
    return np.random.default_rng(4).normal(size=(1, 3)), 0.9


def _graph_args():
    graph = {"a": ["b", "c"], "b": ["d"], "c": ["b", "d"], "d": []}
    return {("a", "b"): 1.0, ("a", "c"): 0.5, ("b", "d"): 2.0, ("c", "b"): 0.9, ("c", "d"): 1.1}, graph, "a"


def _consumption_args():
    return 3.0, 1.0, 0.95, 0.03, 5


CASES = [
    (soft_dtw, _series_args, (0, 1, 2)),
    (soft_dtw, _single_series_args, (0, 1)),
    (dtw, _dtw_args, (0, 1)),
    (soft_edit_distance, _edit_args, (0,)),
    (soft_edit_distance, _edit_empty_args, (0,)),
    (hmm_forward, _hmm_args, (0, 1, 2)),
    (viterbi_score, _viterbi_args, (0, 1)),
    (crf_negative_log_likelihood, _crf_args, (0, 1)),
    (soft_value_iteration, _grid_args, (0, 1)),
    (soft_value_iteration, _grid_row_args, (0, 1)),
    (longest_path, _graph_args, (0,)),
    (consumption_plan, _consumption_args, (0, 1, 2, 3)),
]
