"""Trains by scikit-learn: MLPClassifier, one call of partial_fit an epoch where the validation part is evaluated every
epoch.

It has no dropout (those runs train without), no squared error on a sigmoid (xor trains with the logistic loss, which
costs the same), and its loss for exclusive classes is cross-entropy on a softmax (ex4 as well).
"""
import warnings

import numpy as np
from sklearn.neural_network import MLPClassifier


def model_of(p, run, seed):
    n, batch = len(p.x), p.batch or len(p.x)
    return MLPClassifier(hidden_layer_sizes=tuple(run["hidden"]), solver="sgd", batch_size=batch, random_state=seed,
                         activation={"sigmoid": "logistic", "relu": "relu"}[p.activation],
                         alpha=run["lambda"] * batch / n, learning_rate_init=run["learning_rate"],
                         momentum=run["momentum"], nesterovs_momentum=False, shuffle=batch < n, max_iter=p.epochs,
                         n_iter_no_change=p.epochs + 1)


def evaluate(model, x, y):
    """Mean loss; accuracy costs a look at the same probabilities."""
    outputs = model.predict_proba(x)
    outputs.argmax(1) == y
    return float(-np.log(outputs[np.arange(len(y)), y] + 1e-30).mean())


def loop(p, limit):
    warnings.simplefilter("ignore")
    y = p.y.astype(np.int64).reshape(len(p.x), -1)[:, 0]
    losses = []
    for seed, run in enumerate(p.runs[:limit]):
        model = model_of(p, run, seed)
        if p.on_held:
            classes = np.unique(y)
            for _ in range(p.epochs):
                model.partial_fit(p.x, y, classes)
                loss = evaluate(model, p.x_held, p.y_held)
        else:
            model.fit(p.x, y)  # its loss_curve_ has the loss of every epoch
            loss = evaluate(model, p.x, y)
        losses.append(loss)
    return sum(losses) / len(losses)
