"""The half of `bench/lifetimes` that is Python: `race FILE` learns and values, `compare` reads all runs from standard input."""

import json
import statistics
import sys
import time

MONTHS = 12
# Gamma–Gamma of CDNOW, the same for both.
SPENDING = {"p": 6.2496, "q": 3.7442, "v": 15.4435}


def race(file: str) -> None:
    import pandas
    from lifetimes import BetaGeoFitter, GammaGammaFitter

    clients = pandas.read_csv(file)
    begun = time.process_time()
    model = BetaGeoFitter()
    model.fit(clients["frequency"], clients["recency"], clients["T"])
    learned = time.process_time()
    spending = GammaGammaFitter()
    spending.params_ = pandas.Series(SPENDING)
    worth = spending.customer_lifetime_value(
        model, clients["frequency"], clients["recency"], clients["T"], clients["spend"], time=MONTHS, discount_rate=0.01, freq="W"
    )
    valued = time.process_time()
    parameters = [float(model.params_[name]) for name in ("r", "alpha", "a", "b")]
    print(json.dumps({"fit": learned - begun, "value": valued - learned, "parameters": parameters, "worth": float(worth.sum())}))


def compare() -> int:
    runs = [json.loads(line) for line in sys.stdin]
    ours, theirs = runs[0::2], runs[1::2]
    for name, of in (("ours", ours), ("lifetimes", theirs)):
        print(f"{name:<10} r, alpha, a, b: {of[0]['parameters']}, worth of all: {of[0]['worth']:.0f}")
    apart = max(abs(a / b - 1) for a, b in zip(ours[0]["parameters"], theirs[0]["parameters"]))
    failed = apart > 0.02
    if failed:
        print(f"The parameters are {apart:.1%} apart: the two did not learn the same.")
    for what, bar in (("fit", 10), ("value", 5)):
        ratios = [b[what] / a[what] for a, b in zip(ours, theirs)]
        ratio = statistics.median(ratios)
        failed |= ratio < bar
        spread = f"{min(ratios):.1f} to {max(ratios):.1f}"
        print(f"{what}: lifetimes takes {ratio:.1f} times our CPU time ({spread}); to reach: {bar}")
    return int(failed)


if __name__ == "__main__":
    sys.exit(race(sys.argv[2]) if sys.argv[1] == "race" else compare())
