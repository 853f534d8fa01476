/** The entry of the app page: the site's style sheet, and the components that `<hub-app>` is made of. */

import "./theme/base.css";
import "./components/app.ts";
