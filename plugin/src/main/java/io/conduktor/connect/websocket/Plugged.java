package io.conduktor.connect.websocket;

import java.util.function.Consumer;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * An object of Connect's or of another plugin. As Connect does ({@code Plugins}, {@code TransformationStage}), it is made
 * and called with its own class loader as the thread's, by which it finds more of its plugin.
 */
final class Plugged<T> implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Plugged.class);

    private final T object;
    private final ClassLoader loader;

    private Plugged(T object, ClassLoader loader) {
        this.object = object;
        this.loader = loader;
    }

    /**
     * Makes one.
     *
     * @param name the class's, or an alias that Connect has for it
     * @throws ReflectiveOperationException if there is no such class, or none of it can be made
     */
    static <T> Plugged<T> make(Class<T> type, String name, Consumer<T> configure) throws ReflectiveOperationException {
        // Connect's for the connector, which knows all plugins. Class.forName takes no alias.
        Class<?> found = Thread.currentThread().getContextClassLoader().loadClass(name.trim());
        ClassLoader loader = found.getClassLoader();
        return within(loader, () -> {
            T object = type.cast(found.getDeclaredConstructor().newInstance());
            configure.accept(object);
            return new Plugged<>(object, loader);
        });
    }

    private interface Step<R, E extends Exception> {
        R run() throws E;
    }

    private static <R, E extends Exception> R within(ClassLoader loader, Step<R, E> step) throws E {
        Thread thread = Thread.currentThread();
        ClassLoader before = thread.getContextClassLoader();
        thread.setContextClassLoader(loader);
        try {
            return step.run();
        } finally {
            thread.setContextClassLoader(before);
        }
    }

    /** What a call of it gives. */
    <R> R call(Function<T, R> call) {
        return within(loader, () -> call.apply(object));
    }

    /** What goes wrong here is nobody's loss. */
    @Override
    public void close() {
        try {
            within(loader, () -> {
                if (object instanceof AutoCloseable) {
                    ((AutoCloseable) object).close();
                }
                return null;
            });
        } catch (Exception | LinkageError error) {
            LOG.debug("{} is not closed", object.getClass(), error);
        }
    }
}
