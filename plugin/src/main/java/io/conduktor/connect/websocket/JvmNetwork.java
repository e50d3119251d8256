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
import java.util.regex.Matcher;
import java.util.regex.Pattern;
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
    /** The bit of a certificate's key usage that lets it sign others. */
    private static final int KEY_CERT_SIGN = 5;

    /** Certificates that the JVM trusts, in DER: those that may vouch for others, and those that may not. */
    static final class Trust {
        static final Trust NONE = new Trust(List.of(), List.of());

        final byte[][] issuers;
        final byte[][] servers;

        private Trust(List<byte[]> issuers, List<byte[]> servers) {
            this.issuers = issuers.toArray(new byte[0][]);
            this.servers = servers.toArray(new byte[0][]);
        }
    }

    /** Scheme, user info, and the host with its port. */
    private static final Pattern AUTHORITY = Pattern.compile("[a-zA-Z]+://(?:[^/?#]*@)?(?<authority>[^/?#@]+)");

    private JvmNetwork() {
    }

    /**
     * Whom the JVM trusts.
     *
     * @throws ConnectException if its truststore cannot be read
     */
    static Trust trust() {
        List<byte[]> issuers = new ArrayList<>();
        List<byte[]> servers = new ArrayList<>();
        try {
            TrustManagerFactory factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            factory.init((KeyStore) null);
            for (TrustManager manager : factory.getTrustManagers()) {
                if (manager instanceof X509TrustManager) {
                    for (X509Certificate certificate : ((X509TrustManager) manager).getAcceptedIssuers()) {
                        (mayIssue(certificate) ? issuers : servers).add(certificate.getEncoded());
                    }
                }
            }
        } catch (GeneralSecurityException error) {
            throw new ConnectException("The JVM's truststore cannot be read (javax.net.ssl.trustStore="
                + System.getProperty("javax.net.ssl.trustStore", "") + "): " + error, error);
        }
        return new Trust(issuers, servers);
    }

    /** By the JVM's own rules for trust anchors. */
    static boolean mayIssue(X509Certificate certificate) {
        boolean[] usage = certificate.getKeyUsage();
        boolean isAuthority = certificate.getVersion() < 3 || certificate.getBasicConstraints() >= 0;
        return isAuthority && (usage == null || usage[KEY_CERT_SIGN]);
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

    /** Whether a connection to a URL begins with TLS. */
    static boolean isSecure(String url) {
        return url.regionMatches(true, 0, "wss:", 0, 4);
    }

    /** What a selector is asked about: it knows http and https, and nothing of a path. */
    static URI target(String url) {
        Matcher parts = AUTHORITY.matcher(url);
        if (!parts.lookingAt()) {
            return null;
        }
        try {
            return new URI(isSecure(url) ? "https" : "http", parts.group("authority"), "/", null, null);
        } catch (URISyntaxException odd) {
            throw new ConnectException("The JVM's proxy settings cannot be applied to the host of websocket.url: "
                + odd.getReason(), odd);
        }
    }
}
