using Kindling.MuJoCo;

namespace Kindling.TestSupport;

/// <summary>Whether this machine has MuJoCo; without it, tests that need it are skipped with the reason.</summary>
internal static class InstalledMuJoCo
{
    private static readonly Lazy<string?> Fault = new(() =>
    {
        try
        {
            _ = MuJoCoLibrary.Load();
            return null;
        }
        catch (DllNotFoundException e)
        {
            return e.Message;
        }
    });

    public static void Require()
    {
        if (Fault.Value is { } fault)
        {
            Assert.Ignore(fault);
        }
    }

    /// <summary>For the families of robots in MuJoCo.</summary>
    public static void RequireFor(string type)
    {
        if (type is "reacher" or "runner" or "runner-direction")
        {
            Require();
        }
    }
}
