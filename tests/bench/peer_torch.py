"""Trains by PyTorch: a loop over runs with torch.nn and torch.optim, and all runs of a shape batched by bmm."""
import torch
from torch import nn

OUTPUTS = {"squares": nn.Sigmoid, "binary": nn.Identity, "classes": nn.Identity}  # the others are in the loss


def tensors(p):
    x, x_held = torch.from_numpy(p.x), torch.from_numpy(p.x_held)
    if p.loss == "classes":
        return x, torch.from_numpy(p.y), x_held, torch.from_numpy(p.y_held)
    return x, torch.from_numpy(p.targets(p.y)), x_held, torch.from_numpy(p.targets(p.y_held))


def squares(y, t):
    """Half the sum of squares over rows, as xor's `reduction: sum` says."""
    return 0.5 * nn.functional.mse_loss(y, t, reduction="sum")


def binary(z, t):
    return nn.functional.binary_cross_entropy_with_logits(z, t, reduction="sum") / len(z)


LOSSES = {"squares": squares, "binary": binary, "classes": nn.functional.cross_entropy}


def model_of(p, run):
    hidden = {"relu": nn.ReLU, "sigmoid": nn.Sigmoid}[p.activation]
    layers, widths = [], p.widths(run)
    for n_in, n_out in zip(widths, widths[1:]):
        layers += [nn.Linear(n_in, n_out), hidden()]
        if run["dropout"]:
            layers.append(nn.Dropout(run["dropout"]))
    layers = layers[:-2 if run["dropout"] else -1]
    return nn.Sequential(*layers, OUTPUTS[p.loss]())


def optimizer_of(p, run, model):
    weights = [w for name, w in model.named_parameters() if name.endswith("weight")]
    biases = [b for name, b in model.named_parameters() if name.endswith("bias")]
    groups = [{"params": weights, "weight_decay": run["lambda"] / len(p.x)}, {"params": biases}]
    if not run["lambda"]:
        groups = [{"params": weights + biases}]
    return torch.optim.SGD(groups, lr=run["learning_rate"], momentum=run["momentum"], foreach=True)


@torch.no_grad()
def evaluate(p, model, x, y):
    model.eval()
    outputs = model(x)
    loss = LOSSES[p.loss](outputs, y).item()
    if p.on_held:
        (outputs.argmax(1) == y).float().mean().item()
    model.train()
    return loss


def loop(p, limit):
    torch.set_num_threads(1)
    x, y, x_held, y_held = tensors(p)
    part = (x_held, y_held) if p.on_held else (x, y)
    losses = []
    for seed, run in enumerate(p.runs[:limit]):
        torch.manual_seed(seed)
        model = model_of(p, run)
        optimizer = optimizer_of(p, run, model)
        loss_function = LOSSES[p.loss]
        evaluate(p, model, *part)
        for epoch, batches in enumerate(p.orders(seed), 1):
            for rows in batches:
                optimizer.zero_grad(set_to_none=True)
                value = loss_function(model(x[rows]), y[rows])
                value.backward()
                optimizer.step()
            if epoch in p.evaluated:
                loss = evaluate(p, model, *part)
        losses.append(loss)
    return sum(losses) / len(losses)


class Stack:
    """Networks of one shape with hyperparameters of their own, trained side by side on the same batches.

    All share the inputs, so that their first layers are one product, with weights [in][run and unit]; the layers after
    it are [run][in][out], for bmm. The gradient is written out: autograd takes longer. Runs with dropout come first.
    """

    def __init__(self, p, runs):
        self.p = p
        self.runs = sorted(runs, key=lambda run: -run["dropout"])
        self.n = len(runs)
        self.n_dropped = sum(run["dropout"] > 0 for run in self.runs)
        self.keep = 1 - self.column("dropout")[:self.n_dropped]
        widths = p.widths(self.runs[0])
        self.layers = [self.layer(i, *shape) for i, shape in enumerate(zip(widths, widths[1:]))]

    def column(self, key):
        return torch.tensor([run[key] for run in self.runs]).view(self.n, 1, 1)

    def layer(self, i, n_in, n_out):
        """W, b, their velocities, learning rate, momentum, decay (None: all 0), in the layer's layout."""
        limit = (6 / (n_in + n_out)) ** 0.5
        w, b = torch.empty(self.n, n_in, n_out).uniform_(-limit, limit), torch.zeros(self.n, 1, n_out)
        if self.p.loss == "squares":
            w = torch.randn_like(w)
        hyper = [self.column("learning_rate"), self.column("momentum"), self.column("lambda") / len(self.p.x)]
        if i == 0:
            w, b = (v.transpose(0, 1).reshape(-1, self.n * n_out) for v in (w, b))
            hyper = [h.expand(self.n, 1, n_out).reshape(1, -1) for h in hyper]
        hyper[2] = hyper[2] if bool((hyper[2] != 0).any()) else None
        return [w, b, torch.zeros_like(w), torch.zeros_like(b), *hyper]

    def spread(self, z):
        """[row][run and unit] as [run][row][unit]."""
        return z.view(len(z), self.n, -1).transpose(0, 1)

    def forward(self, x, masks=None):
        a = [x]
        for i, (w, b, *_) in enumerate(self.layers):
            z = torch.addmm(b, x, w) if i == 0 else torch.baddbmm(b, a[-1], w)
            if i == len(self.layers) - 1:
                a.append(torch.softmax(z, 2) if self.p.loss == "classes" else z.sigmoid_())
                break
            z.relu_() if self.p.activation == "relu" else z.sigmoid_()
            a.append(self.spread(z) if i == 0 else z)
            if masks is not None and self.n_dropped:
                dropped = a[-1][:self.n_dropped]
                masks.append(torch.rand_like(dropped).lt_(self.keep).div_(self.keep))
                dropped.mul_(masks[-1])
        return a

    def step(self, x, t):
        masks = []
        a = self.forward(x, masks)
        y = a[-1]
        if self.p.loss == "squares":
            delta = (y - t).mul_(y).mul_(1 - y)
        else:
            delta = (y - t).mul_(1 / len(x))
        for i in reversed(range(len(self.layers))):
            if i == 0:
                flat = delta.transpose(0, 1).reshape(len(x), -1)
                self.update(self.layers[0], torch.mm(x.t(), flat), flat.sum(0, keepdim=True))
                break
            below = torch.bmm(delta, self.layers[i][0].transpose(1, 2))
            self.update(self.layers[i], torch.bmm(a[i].transpose(1, 2), delta), delta.sum(1, keepdim=True))
            if masks:
                below[:self.n_dropped].mul_(masks[i - 1])
            below.mul_(a[i] > 0 if self.p.activation == "relu" else a[i] * (1 - a[i]))
            delta = below
        if self.p.running:
            self.losses(y, t)

    def update(self, layer, gw, gb):
        w, b, vw, vb, rate, momentum, decay = layer
        if decay is not None:
            gw.addcmul_(w, decay)
        for value, velocity, gradient in ((w, vw, gw), (b, vb, gb)):
            velocity.mul_(momentum).add_(gradient)
            value.addcmul_(velocity, rate, value=-1)

    def losses(self, y, t):
        if self.p.loss == "squares":
            return (y - t).square_().sum((1, 2)) / (2 * len(t))
        if self.p.loss == "binary":
            return nn.functional.binary_cross_entropy(y, t.expand_as(y), reduction="none").sum((1, 2)) / len(t)
        return -(y.clamp_min(1e-30).log_() * t).sum((1, 2)) / len(t)

    def evaluate(self, x, y):
        outputs = self.forward(x)[-1]
        if self.p.on_held:
            (outputs.argmax(2) == y.argmax(1)).float().mean(1)
        return self.losses(outputs, y)


@torch.no_grad()
def batched(p, limit):
    torch.set_num_threads(1)
    torch.manual_seed(0)
    x, x_held = torch.from_numpy(p.x), torch.from_numpy(p.x_held)
    t, t_held = torch.from_numpy(p.targets(p.y)), torch.from_numpy(p.targets(p.y_held))
    part = (x_held, t_held) if p.on_held else (x, t)
    runs = p.runs[:limit]
    stacks = [Stack(p, [run for run in runs if tuple(run["hidden"]) == shape])
              for shape in sorted({tuple(run["hidden"]) for run in runs})]
    losses = [stack.evaluate(*part) for stack in stacks]
    for epoch, batches in enumerate(p.orders(0), 1):
        for rows in batches:
            xb, tb = x[rows], t[rows]
            for stack in stacks:
                stack.step(xb, tb)
        if epoch in p.evaluated:
            losses = [stack.evaluate(*part) for stack in stacks]
    return float(torch.cat(losses).mean())

