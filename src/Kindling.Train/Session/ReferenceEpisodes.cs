using System.Text.Json;
using Kindling.Bundles;
using Kindling.Networks;
using Kindling.Recipes;
using Kindling.Tasks;
using Kindling.Train.Meta;

namespace Kindling.Train.Session;

/// <summary>
/// Episodes with what the trainer's own inner loop did on them, step by step: losses, norms and sample values of every adapted parameter. The
/// bundle carries them, and `verify` replays them in ONNX Runtime.
/// </summary>
internal static class ReferenceEpisodes
{
    private const int Episodes = 20;
    private const int Updates = 10;
    private const int Samples = 64;
    private const ulong EpisodeStream = 4;
    private const ulong PositionStream = 5;

    public static void Write(MetaTrainer trainer, Recipe recipe, ITaskFamily tasks, IReadOnlyList<FloatTensor> parameters, string folder)
    {
        ParameterSpec[] adapted = [.. trainer.Adapted.Select(i => trainer.Network.Parameters[i])];
        int[][] positions = [.. adapted.Select((p, i) => Positions(p, recipe.Seed, (ulong)i))];
        Dictionary<string, FloatTensor> tensors = new(StringComparer.Ordinal);
        EpisodeShape shape = recipe.Tasks.ToShape();
        // Rounding grows with every update, so it is updates that are counted, in whole steps.
        // Policies take each step on new episodes: on old ones the loss of a policy gradient falls without end.
        int steps = recipe.Tasks.IsControl ? recipe.Inner.Steps : Math.Max(1, Updates / recipe.Inner.UpdatesPerStep(shape.SupportCount));
        for (int e = 0; e < Episodes; e++)
        {
            SeededRandom random = new(recipe.Seed, EpisodeStream, (ulong)e);
            Episode episode = trainer.Lived(parameters, Split.Validation, random) ?? tasks.Sample(Split.Validation, shape, random);
            (float[] losses, FloatTensor[][] after) = trainer.Trace(parameters, episode, steps);
            tensors[$"{e}.support.x"] = episode.SupportX;
            tensors[$"{e}.support.y"] = episode.SupportY;
            tensors[$"{e}.query.x"] = episode.QueryX;
            tensors[$"{e}.query.y"] = episode.QueryY;
            tensors[$"{e}.loss"] = new FloatTensor([steps + 1], losses);
            float[] norms = new float[steps * adapted.Length];
            float[] samples = new float[steps * adapted.Length * Samples];
            for (int k = 0; k < steps; k++)
            {
                for (int p = 0; p < adapted.Length; p++)
                {
                    float[] values = after[k][trainer.Adapted[p]].Values;
                    int at = (k * adapted.Length) + p;
                    norms[at] = (float)Math.Sqrt(values.Sum(v => (double)v * v));
                    for (int s = 0; s < positions[p].Length; s++)
                    {
                        samples[(at * Samples) + s] = values[positions[p][s]];
                    }
                }
            }

            tensors[$"{e}.norms"] = new FloatTensor([steps, adapted.Length], norms);
            tensors[$"{e}.samples"] = new FloatTensor([steps, adapted.Length, Samples], samples);
            if (e == 0)
            {
                foreach (int i in trainer.Adapted)
                {
                    tensors[$"0.final.{trainer.Network.Parameters[i].Name}"] = after[^1][i];
                }
            }
        }

        _ = Directory.CreateDirectory(folder);
        SafetensorsFile.Write(Path.Combine(folder, "episodes.safetensors"), tensors);
        byte[] json = JsonSerializer.SerializeToUtf8Bytes(
            new
            {
                seed = recipe.Seed,
                episodes = Episodes,
                steps,
                parameters = adapted.Select(p => p.Name),
                samplePositions = adapted.Select((p, i) => (p.Name, i)).ToDictionary(p => p.Name, p => positions[p.i]),
            }
        );
        AtomicFile.Write(Path.Combine(folder, "reference.json"), json);
    }

    private static int[] Positions(ParameterSpec parameter, ulong seed, ulong index)
    {
        if (parameter.Count <= Samples)
        {
            return [.. Enumerable.Range(0, parameter.Count)];
        }

        SeededRandom random = new(seed, PositionStream, index);
        return [.. Enumerable.Range(0, Samples).Select(_ => random.NextInt(parameter.Count))];
    }
}
