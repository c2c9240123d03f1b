"""The metrics of SAELens and dictionary_learning on the same weights and rows, beside what they should be.

Rows come in three batches of 8 whose means differ, so that means of ratios differ from pooled ratios. The packages get
duck-typed sources of rows in place of a language model. `pooled` is computed here, in float64, by the definitions in
its text."""

import torch
from dictionary_learning import AutoEncoder
from dictionary_learning.evaluation import evaluate
from dictionary_learning.trainers.batch_top_k import BatchTopKSAE
from sae_lens import evals
from sae_lens.saes import (BatchTopKTrainingSAE, BatchTopKTrainingSAEConfig, JumpReLUSAE, JumpReLUSAEConfig, StandardSAE,
                           StandardSAEConfig)
from sae_lens.saes.sae import SAEMetadata, TrainStepOutput
from sae_lens.config import SAETrainerConfig
from sae_lens.saes import StandardTrainingSAE, StandardTrainingSAEConfig
from sae_lens.synthetic import evals as synthetic
from sae_lens.training.activation_scaler import ActivationScaler
from sae_lens.training.sae_trainer import SAETrainer

import drawn
import golden

D, N = drawn.D, drawn.N
HOOK = "rows"


class Source:
    """A store of tokens that are row numbers, and a model that looks the rows up."""

    def __init__(self, batches):
        self.rows = torch.cat(batches)
        numbers = torch.arange(len(self.rows)).split([len(batch) for batch in batches])
        self.tokens = iter([batch[None] for batch in numbers])

    def get_batch_tokens(self, _):
        return next(self.tokens)

    def run_with_cache(self, tokens, **_):
        return None, {HOOK: self.rows[tokens]}


def saelens_evals(sae, batches):
    sae.cfg.metadata.hook_name = HOOK
    source = Source(batches)
    return evals.get_sparsity_and_variance_metrics(
        sae, source, source, ActivationScaler(), len(batches), True, True, True, True, 1, {})


def pooled(sae, batches):
    """The definitions of aelab's metric, of all rows at once in float64."""
    x = torch.cat(batches).double()
    code = torch.cat([sae.encode(batch) for batch in batches]).double()
    x_hat = torch.cat([sae.decode(sae.encode(batch)) for batch in batches]).double()
    error = (x - x_hat).pow(2).sum(1)
    norms, norms_hat = x.norm(dim=1), x_hat.norm(dim=1)
    fires = (code != 0).double()
    return {"l0": fires.sum(1).mean(), "l1": code.abs().sum(1).mean(), "mse": error.mean(),
            "explained_variance": 1 - error.sum() / (x - x.mean(0)).pow(2).sum(),
            "cosine": ((x * x_hat).sum(1) / norms / norms_hat).mean(), "norm_ratio": (norms_hat / norms).mean(),
            "relative_reconstruction_bias": x_hat.pow(2).sum() / (x * x_hat).sum(),
            "densities": fires.mean(0), "alive": fires.any(0).double().sum()}


def relu_weights():
    """A dictionary that reconstructs something: the encoder is near half the decoder of unit rows."""
    w = drawn.weights(3)
    decoder = torch.nn.functional.normalize(w["decoder"], dim=1)
    encoder, bias = 0.5 * decoder + 0.1 * w["encoder"], w["encoder_bias"].clone()
    bias[[4, 9]] = -40  # dead on all rows
    bias[7] = 8  # fires always
    decoder[7] *= 0.1
    return {"W_enc": encoder.T.contiguous(), "b_enc": bias, "W_dec": decoder, "b_dec": w["decoder_bias"]}


def same_relu_in_both():
    weights = relu_weights()
    batches = [drawn.rows("a", mean=0.0), drawn.rows("b", mean=1.0), drawn.rows("c", mean=-3.0)]
    sae = StandardSAE(StandardSAEConfig(d_in=D, d_sae=N))
    sae.load_state_dict(weights)
    theirs = AutoEncoder(D, N)
    theirs.load_state_dict({"bias": weights["b_dec"], "encoder.weight": weights["W_enc"].T,
                            "encoder.bias": weights["b_enc"], "decoder.weight": weights["W_dec"].T})
    with torch.no_grad():
        metrics, features = saelens_evals(sae, batches)
        weight_metrics = evals.get_featurewise_weight_based_metrics(sae)
        dictionary = evaluate(theirs, iter(batches), n_batches=len(batches))
        ours = pooled(sae, batches)
        logged = training_log(weights, batches)
    golden.write("metrics/relu", {
        "inputs": batches, "parameters": weights,
        "pooled": {"definition": "all rows at once; explained_variance = 1 - sum of squared errors / sum of squared "
                   "deviations from the mean of all rows; cosine and norm_ratio = means over rows; "
                   "relative_reconstruction_bias = sum ||x_hat||^2 / sum x . x_hat", **ours},
        "saelens": {
            "computed_by": "sae_lens/evals.py: get_sparsity_and_variance_metrics, ExplainedVarianceCalculator, "
                           "get_featurewise_weight_based_metrics",
            "remarks": {
                "explained_variance": "pooled: equal to ours (float64 sums of float32 squares)",
                "explained_variance_legacy": "wrong: the mean over rows of 1 - ||error of the row||^2 / ||row - mean of "
                                             "its batch||^2, a mean of ratios that rows near the mean dominate",
                "relative_reconstruction_bias": "differs: the mean over batches of a ratio of means",
                "l2_ratio": "mean over rows: equal to norm_ratio; rows with a norm below 1e-4 are divided by 1",
                "cossim": "mean over rows: equal to cosine; NaN where a row or its reconstruction is 0",
                "consistent_activation_heuristic": "firings / prompts (here: batches) in which the latent fires at all; "
                                                   "NaN of dead latents"},
            "metrics": metrics,
            "features": {key: [None if v != v else v for v in values] for key, values in features.items()},
            "weights": weight_metrics},
        "saelens_training_log": {
            "computed_by": "sae_lens/training/sae_trainer.py: SAETrainer.build_train_step_log_dict, of each batch",
            "remarks": "of one batch alone, with that batch's mean; explained_variance is a ratio of means, "
                       "explained_variance_legacy a mean of ratios", "batches": logged},
        "dictionary_learning": {
            "computed_by": "dictionary_learning/evaluation.py: evaluate",
            "remarks": {
                "frac_variance_explained": "differs twice: the mean over batches of 1 - Var(x - x_hat) / Var(x), variances "
                                           "within the batch; a constant error (a wrong bias) is not seen at all",
                "l2_loss": "the mean norm of the error, not its square",
                "l0, l1_loss, cossim, l2_ratio": "means of batch means: those of rows where batches are equally large",
                "relative_reconstruction_bias": "differs: the mean over batches of a ratio of means, as SAELens",
                "frac_alive": "latents whose sum over all rows is not 0 / latents: signed codes may cancel"},
            "metrics": dictionary}})


def training_log(weights, batches):
    sae = StandardTrainingSAE(StandardTrainingSAEConfig(d_in=D, d_sae=N, l1_coefficient=0.0))
    sae.load_state_dict(weights)
    logs = []
    for batch in batches:
        trainer = SAETrainer(SAETrainerConfig(8000, len(batch), lr_end=3e-5), sae, iter([]))
        code, pre_code = sae.encode_with_hidden_pre(batch)
        out = TrainStepOutput(batch, sae.decode(code), code, pre_code, torch.tensor(0.0), {})
        log = trainer.build_train_step_log_dict(out, 0)
        logs.append({key: log[key] for key in log if key.startswith("metrics/")})
    return logs


def constant_error():
    """What variance of the error does not see: the same reconstruction with a bias of one more."""
    weights = relu_weights()
    weights["b_dec"] = weights["b_dec"] + 1.0
    shifted = AutoEncoder(D, N)
    shifted.load_state_dict({"bias": weights["b_dec"], "encoder.weight": weights["W_enc"].T,
                             "encoder.bias": weights["b_enc"] + weights["W_enc"].sum(0),  # undoes the shift of the input
                             "decoder.weight": weights["W_dec"].T})
    batch = drawn.rows("a")
    sae = StandardSAE(StandardSAEConfig(d_in=D, d_sae=N))
    sae.load_state_dict({**weights, "b_enc": weights["b_enc"] + weights["W_enc"].sum(0)})
    with torch.no_grad():
        golden.write("metrics/constant_error", {
            "what": "relu's weights with b_dec + 1 and the same codes: dictionary_learning's frac_variance_explained does "
                    "not change, the pooled explained variance does", "inputs": [batch], "parameters": dict(sae.state_dict()),
            "pooled": pooled(sae, [batch]), "saelens": saelens_evals(sae, [batch])[0],
            "dictionary_learning": evaluate(shifted, iter([batch]))})


def batch_and_threshold():
    """A batch top-k dictionary read both ways: k a row within the batch, and by its threshold."""
    w = drawn.weights(4)
    unit = torch.nn.functional.normalize(w["decoder"], dim=1)
    weights = {"W_enc": w["encoder"].T.contiguous(), "b_enc": w["encoder_bias"], "W_dec": unit, "b_dec": w["decoder_bias"]}
    batches = [drawn.rows("a"), drawn.rows("b", mean=0.5)]
    threshold = 0.85
    batch_reading = BatchTopKTrainingSAE(BatchTopKTrainingSAEConfig(d_in=D, d_sae=N, k=2,
                                                                    rescale_acts_by_decoder_norm=False))
    batch_reading.load_state_dict({**weights, "topk_threshold": torch.tensor(threshold, dtype=torch.double)})
    threshold_reading = JumpReLUSAE(JumpReLUSAEConfig(d_in=D, d_sae=N))
    threshold_reading.load_state_dict({**weights, "threshold": torch.full((N,), threshold)})
    theirs = BatchTopKSAE(D, N, 2)
    theirs.load_state_dict({"k": torch.tensor(2), "threshold": torch.tensor(threshold), "b_dec": weights["b_dec"],
                            "encoder.weight": weights["W_enc"].T, "encoder.bias": weights["b_enc"],
                            "decoder.weight": unit.T})
    with torch.no_grad():
        golden.write("metrics/batch_topk", {
            "what": "one set of weights, k 2 and a threshold of .85: BatchTopKTrainingSAE selects k rows of each batch, "
                    "JumpReLUSAE, as which SAELens saves it, and dictionary_learning's BatchTopKSAE use the threshold",
            "inputs": batches, "parameters": weights, "threshold": threshold, "k": 2,
            "batch": {"pooled": pooled(batch_reading, batches), "saelens": saelens_evals(batch_reading, batches)[0]},
            "threshold_reading": {"pooled": pooled(threshold_reading, batches),
                                  "saelens": saelens_evals(threshold_reading, batches)[0],
                                  "dictionary_learning": evaluate(theirs, iter(batches), n_batches=2)}})


def truth():
    """Against known features: 7 features of 6 numbers, 12 latents, 40 rows."""
    features = torch.nn.functional.normalize(drawn.uniform("features", (7, D), -1, 1), dim=1)
    active = drawn.uniform("active", (40, 7), 0, 1) < 0.3
    values = drawn.uniform("values", (40, 7), 0.5, 2) * active
    rows = values @ features
    weights = relu_weights()
    weights["W_dec"] = weights["W_dec"].clone()
    weights["W_dec"][:5] = features[:5] * 2 + 0.05 * weights["W_dec"][:5]
    weights["W_enc"][:, :5] = features[:5].T
    weights["b_enc"][:5] = -0.3
    sae = StandardSAE(StandardSAEConfig(d_in=D, d_sae=N))
    sae.load_state_dict(weights)
    with torch.no_grad():
        code = sae.encode(rows)
        classification = synthetic.compute_classification_metrics(code, values, sae.W_dec, features)
        shrinkage, dead, l0 = synthetic.ShrinkageCalculator(), synthetic.DeadLatentsCalculator(N), synthetic.L0Calculator()
        shrinkage.add_batch(sae.decode(code), rows)
        dead.add_batch(code)
        l0.add_batch(code)
        golden.write("metrics/truth", {
            "computed_by": "sae_lens/synthetic/evals.py: mean_correlation_coefficient, feature_uniqueness, "
                           "compute_classification_metrics, ShrinkageCalculator, DeadLatentsCalculator, L0Calculator",
            "definition": "mcc: mean abs cosine of the pairs of the Hungarian algorithm, min(latents, features) of them; "
                          "uniqueness: distinct nearest features (largest abs cosine) / latents; precision, recall and F1 "
                          "of each latent's firing (!= 0) against its nearest feature's (> 0), means over latents, "
                          "undefined = 0; F1 of each latent, then the mean",
            "features": features, "feature_values": values, "inputs": rows, "parameters": weights, "code": code,
            "metrics": {"mcc": synthetic.mean_correlation_coefficient(sae.W_dec, features),
                        "uniqueness": synthetic.feature_uniqueness(sae.W_dec, features),
                        "precision": classification.precision, "recall": classification.recall,
                        "f1": classification.f1_score, "accuracy": classification.accuracy,
                        "shrinkage": shrinkage.compute(), "dead_latents": dead.compute(), "sae_l0": l0.compute()}})


def main():
    same_relu_in_both()
    constant_error()
    batch_and_threshold()
    truth()


if __name__ == "__main__":
    main()
