"""How a strength is written elsewhere: what torch, scikit-learn, glmnet and books minimize, beside Keras.

Every convention is compared with the coefficient by which Keras multiplies a penalty, where the mean of a loss over the
examples is minimized. The squared error is Keras' ``mse``, which has no ½: where another program halves squared errors,
its whole objective is half of Keras', and so is its penalty. ``docs/conventions.md`` has the table, and its tests hold
every factor to the program itself, or to the formula that was published.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from fractions import Fraction


class Penalty(Enum):
    """What a strength multiplies: a sum in the objective, or the weights themselves in every step."""

    L1 = "an L1 penalty"
    L2 = "an L2 penalty"
    DECAY = "decoupled decay"


class Loss(Enum):
    """Which losses a convention is for."""

    ANY = "any loss"
    SQUARED = "a squared error"
    CLASSES = "a loss of classes"


EXAMPLES, BATCH_SIZE, LEARNING_RATE, TARGET_SD = "examples", "batch_size", "learning_rate", "target_sd"
"""What a coefficient may depend on besides the strength."""


@dataclass(frozen=True)
class Product:
    """A number times named quantities, or divided by them: their powers are 1 and -1."""

    number: Fraction = Fraction(1)
    powers: dict[str, int] = field(default_factory=dict)

    def __mul__(self, other: Product) -> Product:
        names = dict.fromkeys((*self.powers, *other.powers))
        powers = {name: self.powers.get(name, 0) + other.powers.get(name, 0) for name in names}
        return Product(self.number * other.number, {name: power for name, power in powers.items() if power})

    def __pow__(self, power: int) -> Product:
        return Product(self.number**power, {name: each * power for name, each in self.powers.items()})

    def without(self, name: str) -> Product:
        """Return the product of all else."""
        return Product(self.number, {each: power for each, power in self.powers.items() if each != name})

    def __str__(self) -> str:
        numbers = (self.number.numerator, self.number.denominator)
        above, below = (
            [str(number)] * (number != 1) + [name for name, power in self.powers.items() if power == sign]
            for number, sign in zip(numbers, (1, -1), strict=True)
        )
        divisor = f" / {below[0]}" if len(below) == 1 else f" / ({' · '.join(below)})" if below else ""
        return f"{' · '.join(above) or 1}{divisor}"

    def value(self, quantities: dict[str, float]) -> float:
        """Return the number that this is; infinite where it is too large."""
        number = float(self.number)
        for name, power in self.powers.items():
            number = number * quantities[name] if power > 0 else number / quantities[name]
        return number


@dataclass(frozen=True)
class Convention:
    """One way to write a strength.

    The coefficient of Keras' L1 or L2 penalty is ``number · strength^power / over``; of a decay, that of the L2
    penalty which is equivalent under plain SGD.

    Attributes:
        name: as a user writes it.
        symbol: the strength in formulas.
        where: what it is given to.
        minimized: the objective, or the step.
        over: settings that divide.
        power: -1 where a larger number is a weaker penalty.
        adaptive: whether it is an argument of an adaptive optimizer only.
        source: where the convention is written down.
    """

    name: str
    symbol: str
    where: str
    minimized: str
    source: str
    number: Fraction = Fraction(1)
    over: tuple[str, ...] = ()
    power: int = 1
    penalty: Penalty = Penalty.L2
    loss: Loss = Loss.ANY
    adaptive: bool = False

    @property
    def coefficient(self) -> Product:
        """Keras' coefficient as a product."""
        return Product(self.number, {self.symbol: self.power} | dict.fromkeys(self.over, -1))

    @property
    def formula(self) -> str:
        """The formula of Keras' coefficient."""
        return f"keras.{'l1' if self.penalty is Penalty.L1 else 'l2'} = {self.coefficient}"


HALF = Fraction(1, 2)

_ALL = (
    Convention(
        "keras-l2", "keras.l2", "keras.regularizers.L2", "mean loss + l2 Σw²", "keras/src/regularizers/regularizers.py"
    ),
    Convention(
        "torch-weight-decay",
        "torch.weight_decay",
        "weight_decay of torch.optim.SGD, Adam, RMSprop, Adagrad",
        "gradient += weight_decay w",
        "torch/optim/sgd.py, adam.py",
        number=HALF,
    ),
    Convention(
        "sklearn-ridge-alpha",
        "Ridge.alpha",
        "sklearn.linear_model.Ridge",
        "Σ(y - ŷ)² + alpha Σw²",
        "sklearn/linear_model/_ridge.py",
        over=(EXAMPLES,),
        loss=Loss.SQUARED,
    ),
    Convention(
        "sklearn-logistic-c",
        "LogisticRegression.C",
        "sklearn.linear_model.LogisticRegression",
        "C Σloss + ½ Σw²",
        "sklearn/linear_model/_logistic.py",
        number=HALF,
        over=(EXAMPLES,),
        power=-1,
        loss=Loss.CLASSES,
    ),
    Convention(
        "sklearn-mlp-classifier-alpha",
        "MLPClassifier.alpha",
        "sklearn.neural_network.MLPClassifier",
        "mean loss + alpha / (2 batch_size) Σw²",
        "sklearn/neural_network/_multilayer_perceptron.py",
        number=HALF,
        over=(BATCH_SIZE,),
        loss=Loss.CLASSES,
    ),
    Convention(
        "sklearn-mlp-regressor-alpha",
        "MLPRegressor.alpha",
        "sklearn.neural_network.MLPRegressor",
        "½ mean (y - ŷ)² + alpha / (2 batch_size) Σw²",
        "sklearn/neural_network/_multilayer_perceptron.py, _base.py",
        over=(BATCH_SIZE,),
        loss=Loss.SQUARED,
    ),
    Convention(
        "sklearn-sgd-classifier-alpha",
        "SGDClassifier.alpha",
        "sklearn.linear_model.SGDClassifier",
        "mean loss + alpha / 2 Σw²",
        "sklearn/linear_model/_sgd_fast.pyx.tp",
        number=HALF,
        loss=Loss.CLASSES,
    ),
    Convention(
        "sklearn-sgd-regressor-alpha",
        "SGDRegressor.alpha",
        "sklearn.linear_model.SGDRegressor",
        "½ mean (y - ŷ)² + alpha / 2 Σw²",
        "sklearn/linear_model/_sgd_fast.pyx.tp",
        loss=Loss.SQUARED,
    ),
    Convention(
        "glmnet-gaussian-ridge",
        "glmnet.lambda",
        "glmnet(alpha = 0)",
        "½ mean (y - ŷ)² + lambda / (2 target_sd) Σw²",
        "glmnet's reference manual: gaussian targets are scaled to unit variance",
        over=(TARGET_SD,),
        loss=Loss.SQUARED,
    ),
    Convention(
        "glmnet-binomial-ridge",
        "glmnet.lambda",
        'glmnet(family = "binomial" or "multinomial", alpha = 0)',
        "mean loss + lambda / 2 Σw²",
        "glmnet's reference manual",
        number=HALF,
        loss=Loss.CLASSES,
    ),
    Convention(
        "textbook-2n",
        "lambda_2n",
        "λ/2n",
        "mean loss + lambda / (2 examples) Σw²",
        "Nielsen, Neural Networks and Deep Learning, chapter 3",
        number=HALF,
        over=(EXAMPLES,),
    ),
    Convention(
        "textbook-2n-regression",
        "lambda_2n_regression",
        "λ/2n beside a halved squared error",
        "½ mean (y - ŷ)² + lambda / (2 examples) Σw²",
        "Ng, Machine Learning, regularized linear regression",
        over=(EXAMPLES,),
        loss=Loss.SQUARED,
    ),
    Convention(
        "textbook-2",
        "lambda_2",
        "λ/2",
        "mean loss + lambda / 2 Σw²",
        "Goodfellow, Bengio and Courville, Deep Learning, section 7.1.1",
        number=HALF,
    ),
    Convention(
        "keras-l1",
        "keras.l1",
        "keras.regularizers.L1",
        "mean loss + l1 Σ|w|",
        "keras/src/regularizers/regularizers.py",
        penalty=Penalty.L1,
    ),
    Convention(
        "sklearn-lasso-alpha",
        "Lasso.alpha",
        "sklearn.linear_model.Lasso",
        "½ mean (y - ŷ)² + alpha Σ|w|",
        "sklearn/linear_model/_coordinate_descent.py",
        number=Fraction(2),
        penalty=Penalty.L1,
        loss=Loss.SQUARED,
    ),
    Convention(
        "sklearn-logistic-l1-c",
        "LogisticRegression.C",
        "sklearn.linear_model.LogisticRegression(l1_ratio=1)",
        "C Σloss + Σ|w|",
        "sklearn/linear_model/_logistic.py",
        over=(EXAMPLES,),
        power=-1,
        penalty=Penalty.L1,
        loss=Loss.CLASSES,
    ),
    Convention(
        "glmnet-gaussian-lasso",
        "glmnet.lambda",
        "glmnet(alpha = 1)",
        "½ mean (y - ŷ)² + lambda Σ|w|",
        "glmnet's reference manual",
        number=Fraction(2),
        penalty=Penalty.L1,
        loss=Loss.SQUARED,
    ),
    Convention(
        "glmnet-binomial-lasso",
        "glmnet.lambda",
        'glmnet(family = "binomial" or "multinomial", alpha = 1)',
        "mean loss + lambda Σ|w|",
        "glmnet's reference manual",
        penalty=Penalty.L1,
        loss=Loss.CLASSES,
    ),
    Convention(
        "keras-weight-decay",
        "keras.weight_decay",
        "weight_decay of any Keras optimizer, Adam and AdamW too",
        "w -= learning_rate weight_decay w, then the optimizer's step",
        "keras/src/optimizers/base_optimizer.py, _apply_weight_decay",
        number=HALF,
        penalty=Penalty.DECAY,
    ),
    Convention(
        "adamw-weight-decay",
        "AdamW.weight_decay",
        "torch.optim.AdamW, keras.optimizers.AdamW",
        "w -= learning_rate weight_decay w, then Adam's step",
        "torch/optim/adamw.py",
        number=HALF,
        penalty=Penalty.DECAY,
        adaptive=True,
    ),
    Convention(
        "decay-per-step",
        "decay",
        "Loshchilov and Hutter's λ, at a constant learning rate",
        "w -= decay w, then the optimizer's step",
        "Loshchilov and Hutter, arXiv:1711.05101, equation 1",
        number=HALF,
        over=(LEARNING_RATE,),
        penalty=Penalty.DECAY,
    ),
)

CONVENTIONS = {convention.name: convention for convention in _ALL}
"""Name → convention."""
