using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using Kindling.Networks;
using Kindling.Train.Ranks;

namespace Kindling.Train.Engines;

/// <summary>
/// The gradients and losses of an iteration's tasks, in memory that is used again in the next. They are summed over one fixed binary tree of task numbers,
/// so that the result is bit-equal whatever the number of threads and of processes.
/// </summary>
internal sealed class TaskGradients
{
    private const int Piece = 1 << 13;
    private readonly IReadOnlyList<ParameterSpec> learned;
    private readonly IRanks ranks;
    private readonly int threads;
    private readonly float[]?[] sums;
    private readonly Memory<float>[][] tasks;
    private readonly float[] received;
    private int[] firsts = [];

    /// <summary>Room for a number of tasks.</summary>
    /// <param name="learned">What the gradients are of.</param>
    /// <param name="count">How many tasks all processes have together.</param>
    /// <param name="ranks">The processes; null where this one trains alone.</param>
    /// <param name="threads">Threads that sum.</param>
    public TaskGradients(IReadOnlyList<ParameterSpec> learned, int count, IRanks? ranks = null, int threads = 1)
    {
        this.threads = threads;
        this.learned = learned;
        this.ranks = ranks ?? SingleProcess.Alone;
        Losses = new float[count];
        sums = new float[]?[count];
        tasks = new Memory<float>[count][];
        received = this.ranks.Count > 1 ? Allocate() : [];
    }

    /// <summary>The losses of this process's tasks.</summary>
    public float[] Losses { get; }

    /// <summary>The gradient of one of this process's tasks, one piece for each learned tensor.</summary>
    public IReadOnlyList<Memory<float>> this[int task] => tasks[task];

    /// <summary>The share of this process.</summary>
    /// <param name="together">How many tasks are computed in one run; only the last run may have fewer.</param>
    /// <returns>Numbers of its first run and of the one after its last; they are the same if there is none for it.</returns>
    public (int From, int To) Take(int together)
    {
        int runs = (Losses.Length + together - 1) / together;
        firsts = [.. Enumerable.Range(0, ranks.Count).Select(r => ranks.Share(runs, r).From * together)];
        (int from, int to) = ranks.Share(runs, ranks.Rank);
        for (int t = from * together; t < Math.Min(to * together, Losses.Length); t++)
        {
            if (sums[t] is null)
            {
                float[] all = sums[t] = Allocate();
                int at = 0;
                tasks[t] = [.. learned.Select(p => all.AsMemory((at += p.Count) - p.Count, p.Count))];
            }
        }

        return (from, to);
    }

    /// <summary>The mean gradient and loss of the tasks of all processes; what the tasks held is gone after that.</summary>
    public (IReadOnlyList<Memory<float>> Gradient, float Loss) Mean()
    {
        for (int t = 0; t < sums.Length; t++)
        {
            if (Owner(t) == ranks.Rank)
            {
                sums[t]![^1] = Losses[t];
            }
        }

        Add(0, sums.Length);
        float[] mean = Owner(0) == ranks.Rank ? sums[0]! : received;
        ranks.Broadcast(mean.AsSpan(), Owner(0));
        TensorPrimitives.Divide(mean, sums.Length, mean);
        int at = 0;
        return ([.. learned.Select(p => mean.AsMemory((at += p.Count) - p.Count, p.Count))], mean[^1]);
    }

    // The sum of a node lies at its first task, in the process that has this one.
    private void Add(int from, int to)
    {
        if (to - from < 2)
        {
            return;
        }

        if (Owner(from) == ranks.Rank && Owner(to - 1) == ranks.Rank)
        {
            AddOwn(from, to);
            return;
        }

        int middle = Middle(from, to);
        Add(from, middle);
        Add(middle, to);
        (int left, int right) = (Owner(from), Owner(middle));
        if (left == ranks.Rank)
        {
            float[] other = received;
            if (right == left)
            {
                other = sums[middle]!;
            }
            else
            {
                ranks.Receive(MemoryMarshal.AsBytes(received.AsSpan()), right);
            }

            TensorPrimitives.Add(sums[from], other, sums[from]);
        }
        else if (right == ranks.Rank)
        {
            ranks.Send(MemoryMarshal.AsBytes(sums[middle].AsSpan()), left);
        }
    }

    // Piece by piece of the gradient, so that the sums on the way stay in a cache and the threads share the work; the tree is the same for each number.
    private void AddOwn(int from, int to)
    {
        int pieces = (sums[from]!.Length + Piece - 1) / Piece;
        OneByOne.For(0, pieces, threads, piece => _ = Tree(from, to, piece));

        Span<float> Tree(int first, int end, int piece)
        {
            Span<float> sum = Part(sums[first]!, piece);
            if (end - first > 1)
            {
                int middle = Middle(first, end);
                _ = Tree(first, middle, piece);
                TensorPrimitives.Add(sum, Tree(middle, end, piece), sum);
            }

            return sum;
        }

        static Span<float> Part(float[] all, int piece) => all.AsSpan(piece * Piece, Math.Min(Piece, all.Length - (piece * Piece)));
    }

    private static int Middle(int from, int to) => from + ((to - from) / 2);

    private int Owner(int task) => Array.FindLastIndex(firsts, first => first <= task);

    // A gradient and a loss. Pinned, because an engine may let native code write there.
    private float[] Allocate() => GC.AllocateUninitializedArray<float>(learned.Sum(p => p.Count) + 1, pinned: true);
}
