package io.conduktor.connect.websocket;

/** The connector's version. */
public final class VersionUtil {
    private static final String VERSION = "1.0.0";

    private VersionUtil() {
    }

    /** The version that Connect shows. */
    public static String getVersion() {
        return VERSION;
    }
}
