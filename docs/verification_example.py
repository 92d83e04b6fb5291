"""The example of docs/verification.md, and the picture of its report."""
from symgrad import grad
from symgrad.verify import verify_text
from symgrad.verify.show import svg


def drag(v, k):
    if v > 1.0:
        f = k * v * v
    else:
        f = k * v
    return f * v


def picture() -> str:
    """The report on a gradient in which a factor is missing, as SVG."""
    source = grad(drag, argnums=("v", "k")).source_for(2.0, 0.1)
    broken = source.replace("dv += df * (k * v)", "dv += df * k")
    assert broken != source
    return svg(verify_text(drag, broken, 2.0, 0.1, argnums=("v", "k")))
