namespace Kindling.Adapt;

/// <summary>
/// Something native that several threads use: freed by whoever lets go last, so that disposing is safe while it is in use. Starts with one reference.
/// </summary>
internal abstract class RefCounted
{
    private int _references = 1;

    /// <summary>Takes a reference; false when the object was freed already.</summary>
    internal bool TryAcquire()
    {
        int seen = Volatile.Read(ref _references);
        while (seen > 0)
        {
            int found = Interlocked.CompareExchange(ref _references, seen + 1, seen);
            if (found == seen)
            {
                return true;
            }

            seen = found;
        }

        return false;
    }

    /// <summary>Lets go of a reference.</summary>
    internal void Release()
    {
        if (Interlocked.Decrement(ref _references) == 0)
        {
            Free();
        }
    }

    protected abstract void Free();

    /// <summary>Takes a reference to something that the caller keeps alive.</summary>
    protected static T Hold<T>(T target)
        where T : RefCounted => target.TryAcquire() ? target : throw new ObjectDisposedException(typeof(T).Name);
}
