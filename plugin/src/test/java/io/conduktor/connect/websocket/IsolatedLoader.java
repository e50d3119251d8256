package io.conduktor.connect.websocket;

import java.io.IOException;
import java.io.InputStream;

/** Has its own copy of the connector's classes, as Connect's loader of a plugin folder. */
final class IsolatedLoader extends ClassLoader {
    private static final String PACKAGE = NativeSource.class.getPackageName();

    IsolatedLoader() {
        super(IsolatedLoader.class.getClassLoader());
    }

    @Override
    protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
        synchronized (getClassLoadingLock(name)) {
            Class<?> known = findLoadedClass(name);
            if (known != null || !name.startsWith(PACKAGE + ".")) {
                return known != null ? known : super.loadClass(name, resolve);
            }
            try (InputStream file = getResourceAsStream(name.replace('.', '/') + ".class")) {
                byte[] bytes = file.readAllBytes();
                return defineClass(name, bytes, 0, bytes.length);
            } catch (IOException error) {
                throw new ClassNotFoundException(name, error);
            }
        }
    }
}
