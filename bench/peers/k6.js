// k6's part of the comparison: the same GET, without a pause.
import http from "k6/http";

export default function () {
  http.get(__ENV.BENCH_URL);
}
