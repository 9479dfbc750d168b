using Kindling.Bundles;
using Microsoft.ML.OnnxRuntime;

namespace Kindling.Adapt;

/// <summary>Prediction runs with a snapshot's parameters.</summary>
internal static class Inference
{
    /// <summary>Raw outputs <c>[n, count]</c>, of a language model <c>[n, count, codes]</c>, of a batch in one run, or in runs of at most so many inputs.</summary>
    internal static FloatTensor Outputs(Snapshot snapshot, FloatTensor inputs, int batch, int? most = null)
    {
        if (most < batch)
        {
            return InParts(inputs, most.Value, (part, count) => Outputs(snapshot, part, count));
        }

        InferContext context = snapshot.Rent(batch);
        try
        {
            inputs.Values.CopyTo(context.Input);
            context.Run();
            return new FloatTensor([batch, .. snapshot.Engine.Manifest.Output.Shape], context.Output.ToArray());
        }
        finally
        {
            snapshot.Return(context);
        }
    }

    /// <summary>Raw outputs of each input by itself.</summary>
    internal static FloatTensor OutputsOneByOne(Snapshot snapshot, FloatTensor inputs, int batch)
    {
        int[] shape = snapshot.Engine.Manifest.Output.Shape;
        int slots = shape.Aggregate(1, (product, size) => product * size);
        int length = inputs.Count / batch;
        float[] outputs = new float[batch * slots];
        InferContext context = snapshot.Rent(1);
        try
        {
            for (int i = 0; i < batch; i++)
            {
                inputs.Values.AsSpan(i * length, length).CopyTo(context.Input);
                context.Run();
                context.Output.CopyTo(outputs.AsSpan(i * slots));
            }
        }
        finally
        {
            snapshot.Return(context);
        }

        return new FloatTensor([batch, .. shape], outputs);
    }

    /// <summary>
    /// Raw outputs with the statistics of this batch. Under normalisation <c>support</c> the adapt graph yields them: one run on the batch with any
    /// labels, of which only the statistics are kept.
    /// </summary>
    internal static FloatTensor OutputsTransductive(Snapshot snapshot, FloatTensor inputs, int batch)
    {
        Engine engine = snapshot.Engine;
        if (engine.Manifest.Statistics.All(statistic => statistic.FromLabels))
        {
            return Outputs(snapshot, inputs, batch);
        }

        AdaptContext context = engine.RentContext();
        try
        {
            using SupportData data = SupportData.Unlabelled(engine.Manifest, snapshot.Heads, inputs);
            context.Begin(snapshot.Start, snapshot.Delta, data);
            _ = context.Run(0, updates: false);
            TensorSet batchs = context.Delta(0);
            for (int i = 0; i < engine.Manifest.Statistics.Count; i++)
            {
                if (engine.Manifest.Statistics[i].FromLabels)
                {
                    int entry = engine.AdaptedCount + i;
                    snapshot.Delta[entry].CopyTo(batchs[entry]);
                }
            }

            Snapshot own = new(snapshot.Start, batchs, snapshot.Heads, snapshot.Steps);
            try
            {
                return Outputs(own, inputs, batch);
            }
            finally
            {
                own.Release();
            }
        }
        finally
        {
            engine.ReturnContext(context);
        }
    }

    /// <summary>What the head sees, <c>[n, features]</c>, in one run or in runs of at most so many inputs.</summary>
    internal static FloatTensor Features(Snapshot snapshot, FloatTensor inputs, int batch, int? most = null)
    {
        if (most < batch)
        {
            return InParts(inputs, most.Value, (part, count) => Features(snapshot, part, count));
        }

        InferContext context = snapshot.Rent(batch);
        try
        {
            inputs.Values.CopyTo(context.Input);
            using OrtValue features = context.RunForFeatures();
            OrtTensorTypeAndShapeInfo info = features.GetTensorTypeAndShape();
            return new FloatTensor(Array.ConvertAll(info.Shape, size => (int)size), features.GetTensorDataAsSpan<float>().ToArray());
        }
        finally
        {
            // Its binding has one output more than others expect.
            context.Dispose();
        }
    }

    // Rows are independent of each other wherever this is asked for.
    private static FloatTensor InParts(FloatTensor inputs, int most, Func<FloatTensor, int, FloatTensor> run)
    {
        int length = inputs.Count / inputs.Shape[0];
        FloatTensor[] parts =
        [
            .. inputs
                .Values.Chunk(most * length)
                .Select(values => run(new FloatTensor([values.Length / length, .. inputs.Shape.Skip(1)], values), values.Length / length)),
        ];
        return new FloatTensor([inputs.Shape[0], .. parts[0].Shape.Skip(1)], [.. parts.SelectMany(part => part.Values)]);
    }
}
