using Kindling.Train.Torch;
using Mono.Cecil;
using Mono.Cecil.Cil;
using TorchSharp;

namespace Kindling.Train.Tests;

/// <summary>
/// What <see cref="ScalarLifetimeTests"/> provokes, looked for in the compiled code: every Scalar that libtorch gets is a field, a local or captured, none a temporary,
/// and no method of TorchSharp is called that makes one.
/// </summary>
public sealed class ScalarCodeTests
{
    [Test]
    public void Train_AsCompiled_MakesNoTemporaryScalars()
    {
        HashSet<string> makers = Makers();
        Assert.That(
            makers,
            Has.Some.Contains("Tensor::add(TorchSharp.torch/Tensor)").And.Some.Contains("Tensor::op_Addition"),
            "are found"
        );
        using AssemblyDefinition train = Read(typeof(TorchInterpreter));
        string[] faults =
        [
            .. Methods(train)
                .SelectMany(m => m.Body.Instructions.Where(i => Faulty(i, makers)), (m, i) => $"{m.FullName} calls {i.Operand}"),
        ];
        Assert.That(faults, Is.Empty);
    }

    private static bool Faulty(Instruction at, HashSet<string> makers) =>
        at.Operand is MethodReference called
        && (Converts(called) ? IsGivenTo(at.Next) : makers.Contains(called.GetElementMethod().FullName));

    // Whether a Scalar on the stack goes to TorchSharp, and not first into a field, a local or a function of ours that keeps it.
    private static bool IsGivenTo(Instruction next)
    {
        while (next.OpCode.Code is not (Code.Ret or Code.Stfld or Code.Stsfld) && next.OpCode.StackBehaviourPop != StackBehaviour.Pop1)
        {
            if (next.Operand is MethodReference called && called.Parameters.Any(p => p.ParameterType.FullName == typeof(Scalar).FullName))
            {
                return called.DeclaringType.FullName.StartsWith(nameof(TorchSharp), StringComparison.Ordinal);
            }

            next = next.Next;
        }

        return false;
    }

    private static bool Converts(MethodReference method) =>
        method.ReturnType.FullName == typeof(Scalar).FullName
        && (method.DeclaringType.Name, method.Name) is ("Scalar", "op_Implicit") or ("ScalarExtensionMethods", _);

    // Methods of TorchSharp that turn a number into a Scalar on the way, and those that call them.
    private static HashSet<string> Makers()
    {
        using AssemblyDefinition torch = Read(typeof(Scalar));
        MethodDefinition[] methods = Methods(torch);
        HashSet<string> makers = [];
        int before;
        do
        {
            before = makers.Count;
            makers.UnionWith(
                methods
                    .Where(m =>
                        !Converts(m)
                        && m.Body.Instructions.Any(i => i.Operand is MethodReference r && (Converts(r) || makers.Contains(r.FullName)))
                    )
                    .Select(m => m.FullName)
            );
        } while (makers.Count > before);
        return makers;
    }

    private static AssemblyDefinition Read(Type type) => AssemblyDefinition.ReadAssembly(type.Assembly.Location);

    private static MethodDefinition[] Methods(AssemblyDefinition assembly) =>
        [.. assembly.MainModule.GetTypes().SelectMany(t => t.Methods).Where(m => m.HasBody)];
}
