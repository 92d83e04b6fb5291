"""Transforms and filters of sampled signals."""
import math

import numpy as np

TWO_PI = 2.0 * math.pi
FILTER_TAPS = [0.1, 0.25, 0.3, 0.25, 0.1]


def dft_power(samples, bins):
    """Power in some bins of a discrete Fourier transform, by loops."""
    n = len(samples)
    power = 0.0
    for k in bins:
        re = im = 0.0
        for t, x in enumerate(samples):
            angle = TWO_PI * k * t / n
            re += x * math.cos(angle)
            im -= x * math.sin(angle)
        power += (re * re + im * im) / n
    return power


def fft(re, im):
    """Radix-2, recursive, real and imaginary parts in lists."""
    n = len(re)
    if n == 1:
        return re, im
    even_re, even_im = fft(re[0::2], im[0::2])
    odd_re, odd_im = fft(re[1::2], im[1::2])
    out_re, out_im = [0.0] * n, [0.0] * n
    for k in range(n // 2):
        c, s = math.cos(TWO_PI * k / n), -math.sin(TWO_PI * k / n)
        tr = c * odd_re[k] - s * odd_im[k]
        ti = c * odd_im[k] + s * odd_re[k]
        out_re[k], out_im[k] = even_re[k] + tr, even_im[k] + ti
        out_re[k + n // 2], out_im[k + n // 2] = even_re[k] - tr, even_im[k] - ti
    return out_re, out_im


def spectral_centroid(samples):
    re, im = fft(samples, [0.0] * len(samples))
    magnitudes = [math.sqrt(a * a + b * b) for a, b in zip(re, im)][:len(samples) // 2 + 1]
    return sum(k * m for k, m in enumerate(magnitudes)) / sum(magnitudes)


def fir_error(signal, target, taps=None):
    """A direct-form filter; the default taps are the module's."""
    taps = taps or FILTER_TAPS
    error = 0.0
    for n in range(len(signal)):
        y = 0.0
        for k, h in enumerate(taps):
            if n - k < 0:
                break
            y += h * signal[n - k]
        error += (y - target[n]) ** 2
    return error


def fit_fir(taps, signal, target):
    return fir_error(signal, target, taps=taps)


def goertzel(samples, frequency):
    """Power at a frequency that need not be a bin."""
    coefficient = 2.0 * math.cos(TWO_PI * frequency)
    s1, s2 = 0.0, 0.0
    for x in samples:
        s1, s2 = x + coefficient * s1 - s2, s1
    return s1 * s1 + s2 * s2 - coefficient * s1 * s2


def haar_sparsity(signal):
    """An in-place Haar transform by strided slices; a smooth one-norm of the coefficients."""
    x = signal.copy()
    n = len(x)
    while n > 1:
        half = n // 2
        average = (x[0:n:2] + x[1:n:2]) / math.sqrt(2.0)
        detail = (x[0:n:2] - x[1:n:2]) / math.sqrt(2.0)
        x[:half] = average
        x[half:n] = detail
        n = half
    return np.sum(np.sqrt(x ** 2 + 1e-2))


def autocorrelation_peak(x, max_lag):
    """The largest normalised autocorrelation over positive lags."""
    x = x - np.mean(x)
    energy = np.dot(x, x)
    best, best_lag = -np.inf, None
    for lag in range(1, max_lag + 1):
        r = np.dot(x[lag:], x[:-lag]) / energy
        if r > best:
            best, best_lag = r, lag
    return best * best_lag


def resample_error(signal, warp, reference):
    """Linear interpolation at shifted positions: the index is the integer part."""
    n = len(signal)
    total = 0.0
    for i in range(n):
        position = min(max(i + warp[i], 0.0), n - 1.0)
        left = int(position)
        right = min(left + 1, n - 1)
        weight = position - left
        value = (1.0 - weight) * signal[left] + weight * signal[right]
        total += (value - reference[i]) ** 2
    return total


def windowed_spectrogram(signal, window, size=8, hop=4):
    """Frames of a signal, a real transform as a matrix product, log energies."""
    freqs = np.arange(size // 2 + 1)
    grid = 2.0 * np.pi * np.outer(freqs, np.arange(size)) / size
    cosines, sines = np.cos(grid), np.sin(grid)
    frames = []
    for start in range(0, len(signal) - size + 1, hop):
        frame = signal[start:start + size] * window
        energy = (cosines @ frame) ** 2 + (sines @ frame) ** 2
        frames.append(np.log(energy + 1e-3))
    spectrum = np.array(frames)
    return np.sum(np.abs(spectrum[1:] - spectrum[:-1]) ** 1.5) + spectrum.std()


def karplus_strong(excitation, damping, length):
    """A plucked string: a ring buffer that is read and written at once."""
    buffer = list(excitation)
    output = []
    for n in range(length):
        k = n % len(buffer)
        following = (k + 1) % len(buffer)
        output.append(buffer[k])
        buffer[k] = damping * 0.5 * (buffer[k] + buffer[following])
    return sum(y * y for y in output) + output[-1] * output[0]


def _dft_args():
    return [0.5, 1.0, -0.3, 0.8, 0.2, -0.6], range(1, 3)


def _dft_no_bins_args():
    return [0.5, 1.0, -0.3], []


def _fft_args():
    return ([0.5, 1.0, -0.3, 0.8, 0.2, -0.6, 0.1, 0.9],)


def _fir_args():
    rng = np.random.default_rng(0)
    return rng.normal(size=7), rng.normal(size=7)


def _fit_fir_args():
    rng = np.random.default_rng(0)
    return [0.3, -0.1, 0.2], rng.normal(size=6).tolist(), rng.normal(size=6).tolist()


def _goertzel_args():
    return [0.5, 1.0, -0.3, 0.8, 0.2], 0.13


def _haar_args():
    return (np.random.default_rng(1).normal(size=8),)


def _autocorrelation_args():
    return np.sin(1.3 * np.arange(12.0)) + 0.1 * np.random.default_rng(2).normal(size=12), 6


def _resample_args():
    rng = np.random.default_rng(3)
    return rng.normal(size=6), np.array([-0.6, 0.3, 0.45, -0.7, 1.2, 0.4]), rng.normal(size=6)


def _spectrogram_args():
    rng = np.random.default_rng(4)
    return rng.normal(size=21), np.hanning(10)[1:-1]


def _string_args():
    return [0.3, -0.5, 0.9, 0.1], 0.97, 11


CASES = [
    (dft_power, _dft_args, (0,)),
    (dft_power, _dft_no_bins_args, (0,)),
    (spectral_centroid, _fft_args, (0,)),
    (fir_error, _fir_args, (0, 1)),
    (fit_fir, _fit_fir_args, (0, 1, 2)),
    (goertzel, _goertzel_args, (0, 1)),
    (haar_sparsity, _haar_args, (0,)),
    (autocorrelation_peak, _autocorrelation_args, (0,)),
    (resample_error, _resample_args, (0, 1, 2)),
    (windowed_spectrogram, _spectrogram_args, (0, 1)),
    (karplus_strong, _string_args, (0, 1)),
]
