"""What can be compared, and which way it should go: checked on the metrics that Keras has."""

import keras
import pytest
from synthetic import make_results, make_study

from ridgepath.directions import direction
from ridgepath.errors import InputError
from ridgepath.report.locale.words import ENGLISH
from ridgepath.report.measures import check_measure

SMALLER = (
    *("mean_squared_error", "root_mean_squared_error", "mean_absolute_error", "mean_absolute_percentage_error"),
    *("mean_squared_logarithmic_error", "log_cosh_error", "kl_divergence", "poisson", "binary_crossentropy"),
    *("categorical_crossentropy", "sparse_categorical_crossentropy", "hinge", "squared_hinge", "categorical_hinge"),
    *("false_positives", "false_negatives", "mae", "mse", "data_loss"),
)
LARGER = (
    *("accuracy", "binary_accuracy", "categorical_accuracy", "sparse_categorical_accuracy", "acc", "auc", "auc_1"),
    *("top_k_categorical_accuracy", "sparse_top_k_categorical_accuracy", "precision", "recall", "f1_score"),
    *("fbeta_score", "r2_score", "cosine_similarity", "true_positives", "true_negatives", "mean_io_u", "io_u"),
    *("binary_io_u", "one_hot_io_u", "sensitivity_at_specificity", "specificity_at_sensitivity", "pearson_correlation"),
    *("precision_at_recall", "recall_at_precision", "concordance_correlation"),
)


@pytest.mark.parametrize("name", SMALLER)
def test_errors_should_be_small(name):
    assert direction(f"val_{name}") is False


@pytest.mark.parametrize("name", LARGER)
def test_scores_should_be_large(name):
    assert direction(f"test_{name}") is True


def test_every_metric_of_keras_has_a_direction():
    names = {
        keras.src.utils.naming.to_snake_case(name)
        for name, kind in vars(keras.metrics).items()
        if isinstance(kind, type) and issubclass(kind, keras.metrics.Metric)
    }
    general = {"metric", "mean", "sum", "mean_metric_wrapper"}
    assert {name for name in names - general if direction(f"val_{name}") is None} == set()


@pytest.mark.parametrize("measure", ["weight_norm", "penalty", "near_zero", "val_my_own", "best_epoch"])
def test_of_others_it_is_not_known(measure):
    assert direction(measure) is None


def test_a_metric_is_found_by_its_own_name_and_by_its_column():
    results = make_results(make_study())
    assert check_measure("accuracy", results) == "val_accuracy"
    for name in ("test_accuracy", "gap", "val_data_loss", "weight_norm"):
        assert check_measure(name, results) == name
    for name in ("f1", "seconds", "status", ""):
        with pytest.raises(InputError, match=r"Choose one of .*val_accuracy"):
            check_measure(name, results)


def test_measures_are_named_as_people_say_them():
    assert ENGLISH.names.measure("val_data_loss") == "validation data loss"
    assert ENGLISH.names.measure("test_accuracy") == "test accuracy"
    assert ENGLISH.names.measure("gap") == "gap between validation and training data loss"
    assert ENGLISH.names.measure("best_epoch") == "best epoch"
