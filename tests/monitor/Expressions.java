import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jcodings.specific.UTF8Encoding;
import org.joni.Matcher;
import org.joni.NameEntry;
import org.joni.Option;
import org.joni.Regex;
import org.joni.Region;
import org.joni.Syntax;

/**
 * Expressions of log shippers over lines: Fluent Bit's, which are Onigmo's, and Logstash's grok, which are those with
 * patterns put in by name.
 *
 * <p>Arguments: a file of expressions, each after "grok " or "onigmo ", and a file of lines. For each capture it prints
 * the numbers of line and expression, the name and the value, between tabs; the name is empty for a mere match.
 */
public final class Expressions {
    interface Engine {
        /** What is captured by name; null if nothing matches. */
        Map<String, Object> captures(String line);
    }

    public static void main(String[] arguments) throws Exception {
        Map<String, String> patterns = patterns();
        List<Engine> engines = Files.readAllLines(Path.of(arguments[0])).stream().map(text -> engine(text, patterns)).toList();
        List<String> lines = Files.readAllLines(Path.of(arguments[1]));
        StringBuilder out = new StringBuilder();
        for (int line = 0; line < lines.size(); line++) {
            for (int engine = 0; engine < engines.size(); engine++) {
                Map<String, Object> captures = engines.get(engine).captures(lines.get(line));
                if (captures == null) {
                    continue;
                }
                String place = line + "\t" + engine + "\t";
                out.append(place).append("\t\n");
                captures.forEach((name, value) -> out.append(place).append(name).append('\t').append(value).append('\n'));
            }
        }
        System.out.write(out.toString().getBytes(StandardCharsets.UTF_8));
        System.out.flush();
    }

    private static Engine engine(String text, Map<String, String> patterns) {
        int blank = text.indexOf(' ');
        String expression = text.substring(blank + 1);
        return switch (text.substring(0, blank)) {
            case "grok" -> onigmo(expanded(expression, patterns, true));
            case "onigmo" -> onigmo(expression);
            default -> throw new IllegalArgumentException(text);
        };
    }

    /** Logstash's own patterns, by name. */
    private static Map<String, String> patterns() throws IOException {
        try (InputStream file = Expressions.class.getResourceAsStream("/patterns/patterns")) {
            String text = new String(file.readAllBytes(), StandardCharsets.UTF_8);
            return text.lines()
                    .filter(line -> !line.isBlank() && !line.startsWith("#"))
                    .map(line -> line.split("\\s+", 2))
                    .collect(Collectors.toMap(parts -> parts[0], parts -> parts[1].strip(), (first, second) -> second));
        }
    }

    /** Puts the patterns in for %{NAME:field:type}; only fields of the expression itself are captured. */
    private static String expanded(String expression, Map<String, String> patterns, boolean named) {
        Function<MatchResult, String> one = found -> {
            String pattern = patterns.get(found.group(1));
            if (pattern == null) {
                throw new IllegalArgumentException("no pattern " + found.group(1));
            }
            String field = named ? found.group(2) : null;
            String opening = field == null ? "(?:" : "(?<" + field + ">";
            return java.util.regex.Matcher.quoteReplacement(opening + expanded(pattern, patterns, false) + ")");
        };
        return Pattern.compile("%\\{(\\w+)(?::(\\w+))?(?::\\w+)?}").matcher(expression).replaceAll(one);
    }

    private static Engine onigmo(String expression) {
        byte[] pattern = expression.getBytes(StandardCharsets.UTF_8);
        Regex regex = new Regex(pattern, 0, pattern.length, Option.NONE, UTF8Encoding.INSTANCE, Syntax.RUBY);
        return line -> {
            byte[] bytes = line.getBytes(StandardCharsets.UTF_8);
            Matcher matcher = regex.matcher(bytes);
            if (matcher.search(0, bytes.length, Option.DEFAULT) < 0) {
                return null;
            }
            Map<String, Object> captures = new TreeMap<>();
            Region region = matcher.getEagerRegion();
            regex.namedBackrefIterator().forEachRemaining((NameEntry entry) -> {
                int group = entry.getBackRefs()[0];
                if (region.getBeg(group) >= 0) {
                    String name = new String(entry.name, entry.nameP, entry.nameEnd - entry.nameP, StandardCharsets.UTF_8);
                    int length = region.getEnd(group) - region.getBeg(group);
                    captures.put(name, new String(bytes, region.getBeg(group), length, StandardCharsets.UTF_8));
                }
            });
            return captures;
        };
    }
}
