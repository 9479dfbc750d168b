using Kindling.Bundles;

namespace Kindling.Playground;

/// <summary>A learner for each visitor, in memory only; the least recently used one goes when there are too many. Thread-safe.</summary>
internal sealed class Visitors(IAdaptableModel model) : IDisposable
{
    /// <summary>How many adaptations a visitor can undo.</summary>
    public const int Undos = 50;

    private const int Most = 200;
    private const int LongestName = 64;

    private readonly Lock _lock = new();
    private readonly LinkedList<(string Name, ILearner Learner)> _order = new();

    /// <summary>Learns all drawings of a visitor anew.</summary>
    /// <exception cref="ArgumentException">Drawings or labels do not fit the model.</exception>
    /// <exception cref="InvalidOperationException">The visitor's last adaptation still runs.</exception>
    public Task<AdaptReport> LearnAsync(string visitor, LabelledDrawing[] drawings, CancellationToken cancellationToken) =>
        Of(visitor)
            .AdaptAsync(
                new AdaptRequest
                {
                    Support = SupportSet.FromImages(model.Manifest, drawings.Select(drawing => (drawing.Label, drawing.ToImage()))),
                    FromStart = true,
                },
                cancellationToken: cancellationToken
            );

    /// <summary>What a drawing is.</summary>
    public Prediction Predict(string visitor, Drawing drawing) => Of(visitor).Predict(drawing.ToImage());

    /// <summary>Undoes the last adaptation; false when there is none.</summary>
    public bool Undo(string visitor) => Of(visitor).Rollback();

    /// <summary>The visitor's model as an ONNX file.</summary>
    public byte[] Bake(string visitor)
    {
        string file = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        try
        {
            Of(visitor).Bake(file);
            return File.ReadAllBytes(file);
        }
        finally
        {
            File.Delete(file);
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
            foreach ((_, ILearner learner) in _order)
            {
                learner.Dispose();
            }

            _order.Clear();
        }
    }

    private ILearner Of(string visitor)
    {
        if (visitor.Length > LongestName)
        {
            throw new ArgumentException($"A visitor's name has at most {LongestName} characters.", nameof(visitor));
        }

        lock (_lock)
        {
            LinkedListNode<(string Name, ILearner Learner)>? node = _order.First;
            while (node is not null && node.Value.Name != visitor)
            {
                node = node.Next;
            }

            if (node is null)
            {
                node = new((visitor, model.CreateLearner()));
                if (_order.Count == Most)
                {
                    _order.Last!.Value.Learner.Dispose();
                    _order.RemoveLast();
                }
            }
            else
            {
                _order.Remove(node);
            }

            _order.AddFirst(node);
            return node.Value.Learner;
        }
    }
}
