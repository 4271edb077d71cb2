import com.sun.net.httpserver.HttpServer;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.lang.reflect.Proxy;
import java.net.InetSocketAddress;

/** A shop of one page behind the interceptor: LINE SHOW KEY; prints its port. Who is signed in stands in X-User. */
public class Main {
  public static void main(String[] args) throws Exception {
    var interceptor = new PassInterceptor(args[0], args[1], args[2]);
    var server = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
    server.createContext("/", exchange -> {
      int[] status = {200};
      var headers = exchange.getRequestHeaders();
      var request = proxy(HttpServletRequest.class, (name, given) -> name.equals("getHeader") ? headers.getFirst((String) given[0]) : headers.getFirst("X-User"));
      var response = proxy(HttpServletResponse.class, (name, given) -> status[0] = (int) given[0]);
      boolean isLetIn = interceptor.preHandle(request, response, null);
      exchange.sendResponseHeaders(isLetIn ? 200 : status[0], -1);
      exchange.close();
    });
    server.start();
    System.out.println(server.getAddress().getPort());
  }

  interface Answers {
    Object to(String name, Object[] given);
  }

  @SuppressWarnings("unchecked")
  static <T> T proxy(Class<T> of, Answers answers) {
    return (T) Proxy.newProxyInstance(of.getClassLoader(), new Class<?>[] {of}, (self, method, given) -> {
      Object answer = answers.to(method.getName(), given);
      return method.getReturnType() == void.class ? null : answer;
    });
  }
}
