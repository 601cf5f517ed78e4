package mayfly.shim;

/** A Java worker by plain exec. */
final class Main {
    private Main() {}

    public static void main(String[] arguments) throws Exception {
        LogPipe.takeOverPrints();
        Worker.run(new Place());
    }
}
