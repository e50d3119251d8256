package io.conduktor.connect.websocket;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.Base64;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A WebSocket server with one client, to which it sends texts. */
final class Feed implements AutoCloseable {
    /** RFC 6455, section 1.3. */
    private static final String GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    private static final Pattern KEY = Pattern.compile("(?i)\r\nsec-websocket-key: *(\\S+)");
    /** The last frame of a text, RFC 6455, section 5.2. */
    private static final int TEXT = 0x81;
    private static final int MAX_SHORT_BYTES = 125;
    /** The length is in the next two bytes. */
    private static final int MEDIUM = 126;

    private final ServerSocket listener = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
    private Socket client;

    Feed() throws IOException {
    }

    String url() {
        return "ws://" + listener.getInetAddress().getHostAddress() + ":" + listener.getLocalPort();
    }

    /** Waits for the client and accepts it. */
    void accept() throws IOException, GeneralSecurityException {
        client = listener.accept();
        StringBuilder request = new StringBuilder();
        InputStream in = client.getInputStream();
        while (request.indexOf("\r\n\r\n") < 0) {
            int next = in.read();
            if (next < 0) {
                throw new IOException("No request, but " + request);
            }
            request.append((char) next);
        }
        Matcher key = KEY.matcher(request);
        if (!key.find()) {
            throw new IOException("No key in " + request);
        }
        byte[] hash = MessageDigest.getInstance("SHA-1")
            .digest((key.group(1) + GUID).getBytes(StandardCharsets.US_ASCII));
        write(("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            + "Sec-WebSocket-Accept: " + Base64.getEncoder().encodeToString(hash) + "\r\n\r\n")
            .getBytes(StandardCharsets.US_ASCII));
    }

    void send(String text) throws IOException {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        if (bytes.length > Character.MAX_VALUE) {
            throw new IllegalArgumentException(bytes.length + " bytes");
        }
        boolean isShort = bytes.length <= MAX_SHORT_BYTES;
        ByteBuffer frame = ByteBuffer.allocate((isShort ? 2 : 4) + bytes.length);
        frame.put((byte) TEXT);
        if (isShort) {
            frame.put((byte) bytes.length);
        } else {
            frame.put((byte) MEDIUM).putShort((short) bytes.length);
        }
        write(frame.put(bytes).array());
    }

    private void write(byte[] bytes) throws IOException {
        OutputStream out = client.getOutputStream();
        out.write(bytes);
        out.flush();
    }

    @Override
    public void close() throws IOException {
        listener.close();
        if (client != null) {
            client.close();
        }
    }
}
