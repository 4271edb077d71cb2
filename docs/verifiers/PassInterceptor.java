import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PublicKey;
import java.security.Signature;
import java.security.spec.X509EncodedKeySpec;
import java.time.Duration;
import java.util.Base64;
import java.util.HexFormat;
import org.springframework.web.servlet.HandlerInterceptor;

/**
 * Lets in who has a live pass of a show: WebMvcConfigurer.addInterceptors. The header Pass is checked here with the line's
 * public key (x of GET /api/passes/keys); whether it has ended is asked of the line. No answer lets nobody in.
 */
public class PassInterceptor implements HandlerInterceptor {
  private final HttpClient http = HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(2)).build();
  private final String check;
  private final PublicKey key;

  public PassInterceptor(String line, String show, String x) throws GeneralSecurityException {
    check = line + "/api/passes/check?show=" + show + "&user=";
    String der = "302a300506032b6570032100" + HexFormat.of().formatHex(Base64.getUrlDecoder().decode(x));
    key = KeyFactory.getInstance("Ed25519").generatePublic(new X509EncodedKeySpec(HexFormat.of().parseHex(der)));
  }

  public boolean preHandle(HttpServletRequest request, HttpServletResponse response, Object handler) {
    int status = statusOf(request.getHeader("Pass"), String.valueOf(request.getRemoteUser()));
    if (status != 204) response.setStatus(status);
    return status == 204;
  }

  private int statusOf(String pass, String user) {
    if (pass == null || pass.isEmpty()) return 401;
    try {
      int cut = pass.lastIndexOf('.');
      Signature signature = Signature.getInstance("Ed25519");
      signature.initVerify(key);
      signature.update(pass.substring(0, cut).getBytes(StandardCharsets.US_ASCII));
      if (!signature.verify(Base64.getUrlDecoder().decode(pass.substring(cut + 1)))) return 403;
      URI uri = URI.create(check + URLEncoder.encode(user, StandardCharsets.UTF_8));
      return http.send(HttpRequest.newBuilder(uri).header("Pass", pass).timeout(Duration.ofSeconds(2)).build(), BodyHandlers.discarding()).statusCode();
    } catch (Exception unclear) {
      return unclear instanceof IOException ? 503 : 403;
    }
  }
}
