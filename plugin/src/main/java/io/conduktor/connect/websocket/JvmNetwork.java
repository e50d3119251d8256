package io.conduktor.connect.websocket;

import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.ProxySelector;
import java.net.URI;
import java.net.URISyntaxException;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;
import org.apache.kafka.connect.errors.ConnectException;

/**
 * What the JVM is told about the network, for the native source: whom it trusts ({@code cacerts} or
 * {@code javax.net.ssl.trustStore}) and the proxy for a URL ({@code https.proxyHost}, {@code http.proxyHost},
 * {@code http.nonProxyHosts}, {@code socksProxyHost}, or a {@link ProxySelector} of the worker's own).
 */
final class JvmNetwork {
    private static final int WSS_PORT = 443;
    private static final int WS_PORT = 80;

    private JvmNetwork() {
    }

    /** The certificates that the JVM trusts, in DER. */
    static byte[][] issuers() {
        List<byte[]> issuers = new ArrayList<>();
        try {
            TrustManagerFactory factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            factory.init((KeyStore) null);
            for (TrustManager manager : factory.getTrustManagers()) {
                if (manager instanceof X509TrustManager) {
                    for (X509Certificate issuer : ((X509TrustManager) manager).getAcceptedIssuers()) {
                        issuers.add(issuer.getEncoded());
                    }
                }
            }
        } catch (GeneralSecurityException error) {
            throw new ConnectException("The JVM's truststore cannot be read (javax.net.ssl.trustStore="
                + System.getProperty("javax.net.ssl.trustStore", "") + "): " + error, error);
        }
        return issuers.toArray(new byte[0][]);
    }

    /** The proxy for a URL: {@code HTTP} or {@code SOCKS}, host and port; empty if there is none. */
    static String[] proxy(String url) {
        ProxySelector selector = ProxySelector.getDefault();
        URI target = target(url);
        if (selector == null || target == null) {
            return new String[0];
        }
        for (Proxy proxy : selector.select(target)) {
            if (proxy.type() == Proxy.Type.DIRECT) {
                break;
            }
            if (proxy.address() instanceof InetSocketAddress) {
                InetSocketAddress address = (InetSocketAddress) proxy.address();
                return new String[] {
                    proxy.type().name(), address.getHostString(), Integer.toString(address.getPort()),
                };
            }
        }
        return new String[0];
    }

    /** What a selector is asked about: it knows http and https. */
    private static URI target(String url) {
        try {
            URI uri = new URI(url.trim().replaceFirst("[?#].*$", ""));
            boolean secure = "wss".equalsIgnoreCase(uri.getScheme());
            int port = uri.getPort() >= 0 ? uri.getPort() : secure ? WSS_PORT : WS_PORT;
            return uri.getHost() == null ? null
                : new URI(secure ? "https" : "http", null, uri.getHost(), port, "/", null, null);
        } catch (URISyntaxException odd) {
            // The native source takes hosts that Java's URI does not; no rule of a selector can name them.
            return null;
        }
    }
}
