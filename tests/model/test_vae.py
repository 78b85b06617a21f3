import keras
import numpy as np
import pytest
from sklearn.metrics import log_loss

from sonovae.model import latent, priors, vae
from tests.making.pictures import CONV, PROJECT, build, pictures, train


def normal_kl(mean: np.ndarray, log_var: np.ndarray) -> list[float]:
    return np.asarray(
        priors.Normal(mean.shape[1]).kl(None, {"mean": mean, "log_var": log_var})
    ).tolist()


def test_kl_by_hand() -> None:
    half = np.array([[0.5]], np.float32)
    assert normal_kl(half, np.log(half**2)) == pytest.approx([0.4431], abs=1e-4)
    zeros = np.zeros((2, 3), np.float32)
    assert normal_kl(zeros, zeros) == [0, 0]


def test_kl_is_a_mean_of_log_ratios(rng: np.random.Generator) -> None:
    mean, scale = 0.7, 0.3
    z = rng.normal(mean, scale, 400_000)
    log_ratio = (-0.5 * ((z - mean) / scale) ** 2 - np.log(scale)) + 0.5 * z**2
    found = normal_kl(np.array([[mean]], np.float32), 2 * np.log(np.array([[scale]], np.float32)))
    assert found == pytest.approx([log_ratio.mean()], abs=0.005)


def test_a_mixtures_kl_by_monte_carlo(rng: np.random.Generator) -> None:
    """A mixture of two N(0, 1) is N(0, 1), which has a formula; others agree with the density."""
    mixture, n = priors.Mixture(2, components=2), 100_000
    mixture.means.assign(np.zeros((2, 2)))
    mean, log_var = np.full((n, 2), 0.5, np.float32), np.full((n, 2), np.log(0.25), np.float32)
    z = latent.Posterior(mean, log_var).sample(rng)
    out = {"mean": mean, "log_var": log_var, "z": z}
    assert np.asarray(mixture.kl(None, out)).mean() == pytest.approx(2 * 0.4431, abs=0.01)
    mixture.means.assign([[-1.0, 0.5], [2.0, 0.0]])
    mixture.raw_scales.assign([[0.1, 0.2], [-0.3, 1.0]])
    wanted = latent.Posterior(mean, log_var).log_density(z) - latent.of_prior(mixture).log_density(
        z
    )
    np.testing.assert_allclose(mixture.kl(None, out), wanted, rtol=1e-3, atol=1e-3)


def test_a_mixture_learns(rng: np.random.Generator) -> None:
    prior = priors.build("mixture", 3, components=2)
    model = build(
        prior, {"mse": vae.Term(vae.mean_squared_error, 1.0), "kl": vae.Term(prior.kl, 1.0)}
    )
    before = latent.of_prior(prior)
    model.fit(pictures(rng), epochs=1, verbose=0)
    after = latent.of_prior(prior)
    assert not np.allclose(before.means, after.means)
    assert not np.allclose(before.covariances, after.covariances)


def test_batch_normalization_learns_in_training_and_rests_otherwise(
    rng: np.random.Generator,
) -> None:
    """Its moving means leave 0 in fit, and stay where they are in evaluate and predict."""
    model = build(
        priors.Normal(3),
        {"mse": vae.Term(vae.mean_squared_error, 1.0)},
        conv=CONV | {"batch_norm": True},
    )
    some = pictures(rng)

    def moving_means() -> list[np.ndarray]:
        layers = [each for half in (model.encoder, model.decoder) for each in half.layers]
        normal = [each for each in layers if isinstance(each, keras.layers.BatchNormalization)]
        return [keras.ops.convert_to_numpy(each.moving_mean) for each in normal]

    model.fit(some, epochs=1, verbose=0)
    after = moving_means()
    assert len(after) == 2
    assert all(np.abs(mean).max() > 1e-4 for mean in after)
    model.evaluate(some, verbose=0)
    model.predict(some, verbose=0)
    np.testing.assert_array_equal(after, moving_means())


def test_mse_is_a_mean_over_pixels() -> None:
    out = {"picture": np.array([[[0.0, 1.0], [0.5, 0.5]]], np.float32)}
    assert np.asarray(vae.mean_squared_error(np.zeros((1, 2, 2), np.float32), out)).tolist() == [
        0.375
    ]


def test_bernoulli_is_scikit_learns_log_loss_summed(rng: np.random.Generator) -> None:
    picture, restored = (
        rng.integers(0, 2, (2, 4, 4)).astype(np.float32),
        rng.uniform(0.1, 0.9, (2, 4, 4)),
    )
    found = np.asarray(vae.bernoulli(picture, {"picture": restored.astype(np.float32)}))
    wanted = [
        log_loss(a.ravel(), b.ravel(), normalize=False)
        for a, b in zip(picture, restored, strict=True)
    ]
    np.testing.assert_allclose(found, wanted, rtol=1e-5)


def test_gaussian_is_the_log_likelihood_at_its_best_variance(rng: np.random.Generator) -> None:
    from scipy.stats import norm

    picture, restored = (rng.uniform(size=(2, 4, 4)).astype(np.float32) for _ in range(2))
    found = np.asarray(vae.gaussian(picture, {"picture": restored})).sum()
    error = float(np.sqrt(((picture - restored) ** 2).mean()))
    assert found == pytest.approx(-norm.logpdf(picture, restored, error).sum(), rel=1e-4)
    assert found < -norm.logpdf(picture, restored, 1.1 * error).sum()


def test_loss_is_the_weighted_sum_of_its_terms(rng: np.random.Generator) -> None:
    prior = priors.Normal(3)
    model = build(
        prior, {"mse": vae.Term(vae.mean_squared_error, 10.0), "kl": vae.Term(prior.kl, 0.1)}
    )
    found = model.evaluate(pictures(rng), batch_size=4, return_dict=True, verbose=0)
    assert found["loss"] == pytest.approx(10 * found["mse"] + 0.1 * found["kl"], rel=1e-4)


def test_terms_of_the_parameters() -> None:
    prior = priors.Normal(32)
    weights = {
        name: term.weight for name, term in vae.terms(train(kl_weight=3, kl="mean"), prior).items()
    }
    assert weights == {"mse": 1.0, "kl": 3 / 32}
    weights = {
        name: term.weight
        for name, term in vae.terms(
            train(reconstruction="bernoulli", decoder=[PROJECT, CONV]), prior
        ).items()
    }
    assert weights == {"mse": 0.0, "bernoulli": 1.0, "kl": 5e-7}
    assert list(vae.terms(train(prior="none"), None)) == ["mse"]
    weights = {
        name: term.weight
        for name, term in vae.terms(train(free_bits=0.1, kl_weight=2), prior).items()
    }
    assert weights == {"mse": 1.0, "kl": 0.0, "kl_above_free_bits": 2.0}


def test_free_bits_by_hand() -> None:
    """Two dimensions with KLs of 0.5 and 0.02 nats, of which 0.1 are free."""
    mean = np.sqrt(2 * np.array([[0.5, 0.02]], np.float32))
    out = {"mean": mean, "log_var": np.zeros_like(mean)}
    assert float(priors.Normal(2).kl_above(0.1)(None, out)) == pytest.approx(0.6, rel=1e-5)
    assert float(priors.Normal(2).kl_above(0.0)(None, out)) == pytest.approx(0.52, rel=1e-5)


def test_warm_up_is_of_the_kl_in_training_alone(rng: np.random.Generator) -> None:
    prior, p = priors.Normal(3), train(kl_warmup_epochs=4)
    model = build(
        prior,
        {
            "mse": vae.Term(vae.mean_squared_error, 0.0),
            "kl": vae.Term(prior.kl, 2.0, warms_up=True),
        },
    )
    some = pictures(rng)
    model.optimizer.learning_rate = 0.0
    for epoch, share in ((0, 0.0), (1, 0.25), (4, 1.0), (9, 1.0)):
        model.begin_epoch(epoch, p)
        found = model.fit(some, verbose=0).history
        assert found["loss"][0] == pytest.approx(2 * share * found["kl"][0], rel=1e-4)
        assert model.evaluate(some, verbose=0, return_dict=True)["loss"] == pytest.approx(
            2 * found["kl"][0], rel=1e-4
        )


def test_a_plain_autoencoder_has_no_noise(rng: np.random.Generator) -> None:
    model, some = build(None, {"mse": vae.Term(vae.mean_squared_error, 1.0)}), pictures(rng)
    first, second = (model.predict(some, verbose=0)["picture"] for _ in range(2))
    np.testing.assert_array_equal(first, second)
    noisy = build(priors.Normal(3), {"mse": vae.Term(vae.mean_squared_error, 1.0)})
    assert not np.array_equal(
        noisy.predict(some, verbose=0)["picture"], noisy.predict(some, verbose=0)["picture"]
    )
    np.testing.assert_array_equal(latent.encode(model.encoder, some).log_var, -np.inf)
